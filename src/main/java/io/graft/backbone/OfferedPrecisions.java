package io.graft.backbone;

import ai.djl.Device;
import io.graft.nn.Precision;
import io.graft.runtime.Devices;
import io.graft.runtime.InvalidOptionException;
import java.util.List;
import java.util.Optional;

/** The precisions that frozen layers may be computed in on a device, whatever it is good at. */
public final class OfferedPrecisions {

  private static final List<Precision> ON_CPU =
      List.of(Precision.INT8, Precision.BF16, Precision.FP32);
  private static final List<Precision> ON_GPU =
      List.of(Precision.FP16, Precision.BF16, Precision.FP32);

  private OfferedPrecisions() {}

  /** Those of a device, fp32 among them. */
  public static List<Precision> of(Device device) {
    return device.isGpu() ? ON_GPU : ON_CPU;
  }

  /**
   * Checks what was asked for.
   *
   * @throws InvalidOptionException if a device has no such precision
   */
  public static void require(Device device, Optional<Precision> asked) {
    if (asked.isPresent() && !of(device).contains(asked.get())) {
      throw new InvalidOptionException(
          "Precision "
              + asked.get().word()
              + " is not one of "
              + Devices.nameOf(device)
              + ": expected auto, "
              + String.join(", ", of(device).stream().map(Precision::word).toList())
              + ".");
    }
  }
}
