package io.graft.runtime;

/** Reports that a device is absent, failed, or does not support the computation. */
public non-sealed class DeviceException extends GraftException {

  public DeviceException(String message, String... settings) {
    super(message, null, settings);
  }

  public DeviceException(String message, Throwable cause, String... settings) {
    super(message, cause, settings);
  }
}
