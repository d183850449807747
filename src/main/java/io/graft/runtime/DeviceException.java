package io.graft.runtime;

/** The device that was asked for is absent, unusable or has failed. */
public final class DeviceException extends GraftException {

  private static final long serialVersionUID = 1L;

  /** An error without a deeper cause. */
  public DeviceException(String message) {
    super(message, null);
  }

  /** An error caused by another. */
  public DeviceException(String message, Throwable cause) {
    super(message, cause);
  }
}
