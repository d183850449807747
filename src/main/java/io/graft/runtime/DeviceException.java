package io.graft.runtime;

/** The requested device is absent, has failed, or cannot compute what was asked for. */
public non-sealed class DeviceException extends GraftException {

  public DeviceException(String message, String... settings) {
    super(message, null, settings);
  }

  public DeviceException(String message, Throwable cause, String... settings) {
    super(message, cause, settings);
  }
}
