package io.graft.image.input;

import io.graft.image.Decode;
import io.graft.runtime.DeviceException;
import java.util.function.Consumer;

/** Says whether this machine can decode JPEG files fast, which needs the native image library. */
public final class FastDecoding {

  private FastDecoding() {}

  /** Returns whether this machine can decode fast. */
  public static boolean isAvailable() {
    return NativeImages.isPresent();
  }

  /**
   * Returns the ways of decoding that are left on this machine: exact instead of auto, if it cannot
   * decode fast.
   *
   * @param notes the receiver of a line that says so
   * @throws DeviceException if fast decoding is asked for, and this machine cannot do it
   */
  public static Decode require(Decode asked, Consumer<String> notes) {
    if (asked == Decode.EXACT || isAvailable()) {
      return asked;
    } else if (asked == Decode.FAST) {
      throw new DeviceException(
          "This machine cannot decode JPEG files fast, because Graft's native image library is"
              + " missing (graft doctor says why). Expected exact or auto.",
          "decode");
    }
    notes.accept(
        "JPEG files are decoded exactly, because fast decoding needs the native image library."
            + " graft doctor says why it is missing.");
    return Decode.EXACT;
  }
}
