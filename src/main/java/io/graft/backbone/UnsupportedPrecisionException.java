package io.graft.backbone;

import io.graft.runtime.DeviceException;

/** Thrown if a network cannot be computed in a precision on this device, or on any device. */
final class UnsupportedPrecisionException extends DeviceException {

  private static final long serialVersionUID = 1L;

  UnsupportedPrecisionException(String message) {
    super(message);
  }

  UnsupportedPrecisionException(String message, Throwable cause, String... settings) {
    super(message, cause, settings);
  }
}
