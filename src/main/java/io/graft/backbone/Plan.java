package io.graft.backbone;

import ai.djl.Device;
import io.graft.nn.Precision;
import io.graft.runtime.DecimalText;
import io.graft.runtime.Devices;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Sha256;
import io.graft.runtime.TorchRuntime;
import io.graft.runtime.TorchThreads;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * How frozen layers are computed.
 *
 * @param microBatch the number of images per forward pass, at least 1
 * @param threads the number of libtorch's threads within one operator, at least 1; ignored on a GPU
 * @param scales the scales of int8, which {@link ActivationScales} computes, for the input of each
 *     convolution except the first; empty for other precisions
 */
public record Plan(Precision precision, int microBatch, int threads, List<Float> scales) {

  /**
   * The number of images per forward pass in float32. A larger number is not faster: VGG16's
   * largest layer output takes 13 MB per image, and for arrays above 64 MiB GNU libc takes fresh,
   * zeroed pages from the kernel, which costs 10 % of the time. Other precisions need at most half
   * the memory and compute twice as many images.
   */
  private static final int CPU_MICRO_BATCH = 4;

  private static final int GPU_MICRO_BATCH = 64;

  /** Copies the scales. */
  public Plan {
    scales = List.copyOf(scales);
  }

  /** Returns the precisions that a CPU or GPU offers, however slow; fp32 is always the last. */
  public static List<Precision> precisions(Device device) {
    Precision first = device.isGpu() ? Precision.FP16 : Precision.INT8;
    return List.of(first, Precision.BF16, Precision.FP32);
  }

  /**
   * Checks that a device offers a precision.
   *
   * @param asked the precision to check; empty for the best one, which always exists
   * @throws InvalidOptionException if the device does not offer the precision
   */
  public static void requireOffered(Device device, Optional<Precision> asked) {
    if (asked.isPresent() && !precisions(device).contains(asked.get())) {
      throw new InvalidOptionException(
          "%s does not offer precision %s: expected auto, %s."
              .formatted(
                  Devices.nameOf(device),
                  asked.get().word(),
                  String.join(", ", precisions(device).stream().map(Precision::word).toList())));
    }
  }

  /** Returns the plan that needs no measurement: fp32 with libtorch's default number of threads. */
  public static Plan exact(Device device) {
    return of(Precision.FP32, List.of(), device);
  }

  /** Returns the plan of a precision on a device, with libtorch's default number of threads. */
  public static Plan of(Precision precision, List<Float> scales, Device device) {
    TorchRuntime.load();
    int images = device.isGpu() ? GPU_MICRO_BATCH : CPU_MICRO_BATCH;
    return new Plan(
        precision, precision == Precision.FP32 ? images : 2 * images, TorchThreads.count(), scales);
  }

  /** Returns a copy with another number of threads. */
  Plan withThreads(int other) {
    return new Plan(precision, microBatch, other, scales);
  }

  /**
   * Returns a text with every part of the plan that affects features: the precision and, for int8,
   * the SHA-256 of the scales.
   */
  public String canonical() {
    if (scales.isEmpty()) {
      return precision.word();
    }
    String texts = scales.stream().map(DecimalText::of).collect(Collectors.joining(", ", "[", "]"));
    return precision.word() + "-" + new Sha256().add(texts).hex();
  }
}
