package io.graft.benchmarks;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.graft.backbone.FrozenLayers;
import io.graft.backbone.Plan;
import io.graft.nn.Network;
import io.graft.nn.Precision;
import io.graft.nn.RandomWeights;
import io.graft.runtime.TorchRuntime;
import io.graft.tensors.TensorType;
import io.graft.zoo.BackboneSpec;
import io.graft.zoo.Zoo;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** Measures frozen layers on random pixels in host memory, with given plans, on the GPU or CPU. */
public final class GraftGpu {

  private GraftGpu() {}

  /** Arguments: cuda or cpu, a backbone, a precision, the images of a measurement, batch sizes. */
  public static void main(String[] arguments) {
    TorchRuntime.load();
    Device device = arguments[0].equals("cpu") ? Device.cpu() : Device.gpu(0);
    BackboneSpec spec = Zoo.find(arguments[1]);
    Precision precision = Precision.asked(arguments[2]).orElseThrow();
    int images = Integer.parseInt(arguments[3]);
    Network network = spec.network();
    Network frozen = network.prefix(network.indexAfter("block5_pool"));
    for (int i = 4; i < arguments.length; i++) {
      int batch = Integer.parseInt(arguments[i]);
      ByteBuffer pixels = ByteBuffer.allocateDirect(batch * spec.input().bytes());
      byte[] random = new byte[pixels.capacity()];
      new Random(2).nextBytes(random);
      pixels.put(random).flip();
      Plan plan = new Plan(precision, batch, Plan.exact(device).threads(), List.of());
      try (FrozenLayers layers =
          FrozenLayers.of(
              frozen, spec.input(), () -> RandomWeights.kaimingUniform(network, 1), device, plan)) {
        measure(layers, pixels, batch, 3 * batch, false);
        double onDevice = measure(layers, pixels, batch, images, false);
        measure(layers, pixels, batch, 3 * batch, true);
        double rows = measure(layers, pixels, batch, images, true);
        System.out.printf(
            Locale.ROOT,
            "{\"precision\": \"%s\", \"batch\": %d, \"on_device\": %.1f, \"rows\": %.1f}%n",
            precision.word(),
            batch,
            onDevice,
            rows);
      }
    }
  }

  /** Returns images/s, with features that stay on the device or rows in host memory. */
  private static double measure(
      FrozenLayers layers, ByteBuffer pixels, int batch, int images, boolean rows) {
    int rounds = Math.max(3, images / batch);
    long start = System.nanoTime();
    for (int i = 0; i < rounds; i++) {
      try (NDManager scratch = layers.manager().newSubManager()) {
        if (rows) {
          layers.features(scratch, pixels, batch, TensorType.F16);
          continue;
        }
        NDArray features = layers.forward(scratch, pixels, batch);
        if (i == rounds - 1) {
          // Waits for the device.
          features.get(0).sum().toFloatArray();
        }
      }
    }
    return (double) rounds * batch / ((System.nanoTime() - start) / 1e9);
  }
}
