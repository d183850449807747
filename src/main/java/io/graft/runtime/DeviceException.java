package io.graft.runtime;

/** The device that was asked for is absent, unusable or has failed. */
public final class DeviceException extends GraftException {

  private static final long serialVersionUID = 1L;

  /** Creates an error; see {@link #settings} for the names of settings. */
  public DeviceException(String message, String... settings) {
    super(message, null, settings);
  }

  /** Creates an error that another one has caused. */
  public DeviceException(String message, Throwable cause, String... settings) {
    super(message, cause, settings);
  }
}
