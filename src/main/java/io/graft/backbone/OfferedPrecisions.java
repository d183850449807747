package io.graft.backbone;

import ai.djl.Device;
import io.graft.nn.Precision;
import io.graft.runtime.Devices;
import io.graft.runtime.InvalidOptionException;
import java.util.List;
import java.util.Optional;

/** The precisions that each kind of device offers for frozen layers, fast or not. */
public final class OfferedPrecisions {

  private static final List<Precision> ON_CPU =
      List.of(Precision.INT8, Precision.BF16, Precision.FP32);
  private static final List<Precision> ON_GPU =
      List.of(Precision.FP16, Precision.BF16, Precision.FP32);

  private OfferedPrecisions() {}

  /** Returns the precisions of a device; fp32 is always one. */
  public static List<Precision> of(Device device) {
    return device.isGpu() ? ON_GPU : ON_CPU;
  }

  /**
   * Checks that a device offers a precision.
   *
   * @param asked empty for the best one, which always exists
   * @throws InvalidOptionException if it does not
   */
  public static void require(Device device, Optional<Precision> asked) {
    if (asked.isPresent() && !of(device).contains(asked.get())) {
      throw new InvalidOptionException(
          "%s does not offer precision %s: expected auto, %s."
              .formatted(
                  Devices.nameOf(device),
                  asked.get().word(),
                  String.join(", ", of(device).stream().map(Precision::word).toList())));
    }
  }
}
