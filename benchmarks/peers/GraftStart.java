package io.graft.benchmarks;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.graft.backbone.FrozenLayers;
import io.graft.backbone.Plan;
import io.graft.backbone.PlanChooser;
import io.graft.backbone.SampleImages;
import io.graft.image.InputSpec;
import io.graft.nn.Network;
import io.graft.runtime.Progress;
import io.graft.runtime.TorchRuntime;
import io.graft.weights.NetworkWeights;
import io.graft.weights.WeightFile;
import io.graft.zoo.Zoo;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * Measures what comes before the first batch of VGG16: opening and digesting the weights, the
 * choice of a plan with an empty cache, and loading the layers. GRAFT_HOME must be an empty folder.
 */
public final class GraftStart {

  private GraftStart() {}

  /** Arguments: a weights file, a layer after which the frozen layers end, and auto or fp32. */
  public static void main(String[] arguments) throws Exception {
    Times start = Times.now();
    TorchRuntime.loadCpuOnly();
    Times engine = Times.now();
    Network network = Zoo.find("vgg16").network();
    Network frozen = network.prefix(network.indexAfter(arguments[1]));
    InputSpec input = Zoo.find("vgg16").input();
    Path file = Path.of(arguments[0]);
    int rows = PlanChooser.SAMPLE_SIZE;
    ByteBuffer pixels = ByteBuffer.allocateDirect(rows * input.bytes());
    while (pixels.hasRemaining()) {
      // Smooth waves, a little different in each image, on which int8 agrees with fp32.
      double at = pixels.position() / 3 % input.width() + pixels.position() / input.bytes();
      pixels.put((byte) (127.5 + 127 * Math.sin(at / (5 + pixels.position() % 3))));
    }
    pixels.flip();
    try (FrozenLayers exact =
        FrozenLayers.of(
            frozen,
            input,
            () -> NetworkWeights.of(network, WeightFile.open(file)).tensors(),
            Device.cpu(),
            Plan.exact(Device.cpu()))) {
      Times digested = Times.now();
      Plan plan = exact.plan();
      if (arguments[2].equals("auto")) {
        plan =
            PlanChooser.of(Optional.empty(), Progress.NONE)
                .choose(exact, Optional.empty(), () -> new SampleImages("waves", pixels, rows))
                .plan();
      }
      Times chosen = Times.now();
      try (FrozenLayers planned = exact.withPlan(plan);
          NDManager scratch = planned.manager().newSubManager()) {
        planned.forward(scratch, pixels.slice(0, input.bytes()), 1).toFloatArray();
      }
      Times loaded = Times.now();
      System.out.printf(
          Locale.ROOT,
          "{\"precision\": \"%s\", \"engine\": %s, \"digest\": %s, \"choice\": %s, \"load\": %s,"
              + " \"peak_mib\": %d}%n",
          plan.precision().word(),
          engine.since(start),
          digested.since(engine),
          chosen.since(digested),
          loaded.since(chosen),
          peakMib());
    }
  }

  private record Times(long wall, long processor) {
    static Times now() {
      var system =
          (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
      return new Times(System.nanoTime(), system.getProcessCpuTime());
    }

    /** Returns the seconds by the wall clock and of processor time, as JSON. */
    String since(Times before) {
      return String.format(
          Locale.ROOT,
          "[%.3f, %.3f]",
          (wall - before.wall) / 1e9,
          (processor - before.processor) / 1e9);
    }
  }

  private static long peakMib() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmHWM:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) / 1024;
      }
    }
    return 0;
  }
}
