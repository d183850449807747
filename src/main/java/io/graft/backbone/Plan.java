package io.graft.backbone;

import ai.djl.Device;
import io.graft.nn.Precision;
import io.graft.runtime.Sha256;
import io.graft.runtime.TorchRuntime;
import io.graft.runtime.TorchThreads;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * How frozen layers are computed.
 *
 * @param precision the arithmetic
 * @param microBatch pictures per forward pass, at least 1
 * @param threads of libtorch within one operator, at least 1; without meaning on a GPU
 * @param scales for int8, what one step stands for in the input of each convolution but the first,
 *     as {@link FrozenPrefix#activationScales} gives them; empty otherwise
 */
public record Plan(Precision precision, int microBatch, int threads, List<Float> scales) {

  /**
   * Pictures per forward pass; larger gains nothing. The largest activations of VGG16 take 13 MB a
   * picture in float32, and GNU libc takes fresh, zeroed pages from the kernel for every array
   * above 64 MiB, which costs a tenth of the time.
   */
  private static final int CPU_MICRO_BATCH = 4;

  private static final int GPU_MICRO_BATCH = 64;

  /** Copies the scales. */
  public Plan {
    scales = List.copyOf(scales);
  }

  /** The plan that needs no measurement: fp32, with all threads that libtorch takes by itself. */
  public static Plan exact(Device device) {
    TorchRuntime.load();
    return new Plan(
        Precision.FP32,
        device.isGpu() ? GPU_MICRO_BATCH : CPU_MICRO_BATCH,
        TorchThreads.count(),
        List.of());
  }

  /** This arithmetic with as many pictures and threads as {@link #exact} has on a device. */
  public static Plan of(Precision precision, List<Float> scales, Device device) {
    Plan exact = exact(device);
    return new Plan(precision, exact.microBatch, exact.threads, scales);
  }

  /**
   * Everything about a plan that changes features, one line: the precision and, for int8, the
   * SHA-256 of the scales.
   */
  public String arithmetic() {
    return scales.isEmpty()
        ? precision.word()
        : precision.word() + "-" + Sha256.of(scales.toString().getBytes(StandardCharsets.UTF_8));
  }
}
