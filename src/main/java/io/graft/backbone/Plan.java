package io.graft.backbone;

import ai.djl.Device;
import io.graft.nn.Precision;
import io.graft.runtime.DecimalText;
import io.graft.runtime.Sha256;
import io.graft.runtime.TorchRuntime;
import io.graft.runtime.TorchThreads;
import java.util.List;
import java.util.stream.Collectors;

/**
 * How frozen layers are computed.
 *
 * @param precision the arithmetic
 * @param microBatch pictures per forward pass, at least 1
 * @param threads of libtorch within one operator, at least 1; without meaning on a GPU
 * @param scales for int8, what one step stands for in the input of each convolution but the first,
 *     as {@link ActivationScales} computes them; empty otherwise
 */
public record Plan(Precision precision, int microBatch, int threads, List<Float> scales) {

  /**
   * Images per forward pass in float32; larger gains nothing. The largest activations of VGG16 take
   * 13 MB an image then, and GNU libc takes fresh, zeroed pages from the kernel for every array
   * above 64 MiB, which costs a tenth of the time. Other precisions need half of that or less, and
   * have twice as many images.
   */
  private static final int CPU_MICRO_BATCH = 4;

  private static final int GPU_MICRO_BATCH = 64;

  /** Copies the scales. */
  public Plan {
    scales = List.copyOf(scales);
  }

  /** The plan that needs no measurement: fp32, with all threads that libtorch takes by itself. */
  public static Plan exact(Device device) {
    return of(Precision.FP32, List.of(), device);
  }

  /** A precision with the images per forward pass that suit a device, and all threads. */
  public static Plan of(Precision precision, List<Float> scales, Device device) {
    TorchRuntime.load();
    int images = device.isGpu() ? GPU_MICRO_BATCH : CPU_MICRO_BATCH;
    return new Plan(
        precision, precision == Precision.FP32 ? images : 2 * images, TorchThreads.count(), scales);
  }

  /** Returns the same plan with another number of threads. */
  Plan withThreads(int other) {
    return new Plan(precision, microBatch, other, scales);
  }

  /**
   * Returns everything about the plan that changes features, for stored keys: the precision and,
   * for int8, the SHA-256 of the scales.
   */
  public String arithmetic() {
    if (scales.isEmpty()) {
      return precision.word();
    }
    String texts = scales.stream().map(DecimalText::of).collect(Collectors.joining(", ", "[", "]"));
    return precision.word() + "-" + new Sha256().add(texts).hex();
  }
}
