package io.graft.benchmarks;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.graft.backbone.ActivationScales;
import io.graft.backbone.FrozenLayers;
import io.graft.backbone.Plan;
import io.graft.nn.Network;
import io.graft.nn.Precision;
import io.graft.nn.RandomWeights;
import io.graft.runtime.TorchRuntime;
import io.graft.zoo.BackboneSpec;
import io.graft.zoo.Zoo;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Computes VGG16's features with one of Graft's plans, on random pixels in memory. */
public final class GraftBackbone {

  private static final int MOST = 32;

  private GraftBackbone() {}

  /**
   * Arguments: a precision and the number of images per measurement. Measures once for each line of
   * input.
   */
  public static void main(String[] arguments) throws Exception {
    Precision precision = Precision.asked(arguments[0]).orElseThrow();
    int images = Integer.parseInt(arguments[1]);
    TorchRuntime.loadCpuOnly();
    BackboneSpec spec = Zoo.find("vgg16");
    Network network = spec.network();
    Network frozen = network.prefix(network.indexAfter("block5_pool"));
    ByteBuffer pixels = ByteBuffer.allocateDirect(MOST * spec.input().bytes());
    byte[] random = new byte[pixels.capacity()];
    new Random(2).nextBytes(random);
    pixels.put(random).flip();
    Device device = Device.cpu();
    try (FrozenLayers exact =
            FrozenLayers.of(
                frozen,
                spec.input(),
                () -> RandomWeights.kaimingUniform(network, 1),
                device,
                Plan.exact(device));
        FrozenLayers planned = exact.withPlan(plan(precision, exact))) {
      Map<Integer, Double> speeds = new TreeMap<>();
      for (int size : List.of(1, 4, 8, 32)) {
        measure(planned, pixels, size, size);
        speeds.put(size, measure(planned, pixels, size, images));
      }
      int best = Collections.max(speeds.entrySet(), Map.Entry.comparingByValue()).getKey();
      System.out.println("ready");
      BufferedReader lines =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      while (lines.readLine() != null) {
        System.out.printf(
            Locale.ROOT,
            "{\"images_per_second\": %.4f, \"batch_size\": %d}%n",
            measure(planned, pixels, best, images),
            best);
      }
    }
  }

  private static Plan plan(Precision precision, FrozenLayers exact) {
    List<Float> scales =
        precision == Precision.INT8 ? ActivationScales.of(exact, () -> {}) : List.of();
    return Plan.of(precision, scales, exact.device());
  }

  private static double measure(FrozenLayers prefix, ByteBuffer pixels, int size, int images) {
    long start = System.nanoTime();
    int done = 0;
    for (; done < images; done += size) {
      try (NDManager scratch = prefix.manager().newSubManager()) {
        ByteBuffer some = pixels.slice(0, size * prefix.input().bytes());
        prefix.forward(scratch, some, size).toFloatArray();
      }
    }
    return done / ((System.nanoTime() - start) / 1e9);
  }
}
