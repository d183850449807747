package io.graft.runtime;

/** A network cannot be computed in the precision asked for, here or at all. */
public final class UnsupportedPrecisionException extends GraftException {

  private static final long serialVersionUID = 1L;

  /** An error without a deeper cause. */
  public UnsupportedPrecisionException(String message) {
    super(message, null);
  }

  /** An error caused by another. */
  public UnsupportedPrecisionException(String message, Throwable cause) {
    super(message, cause);
  }
}
