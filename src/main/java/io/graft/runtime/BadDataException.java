package io.graft.runtime;

/** The images, tables, labels or a saved model cannot be used. */
public final class BadDataException extends GraftException {

  private static final long serialVersionUID = 1L;

  /** An error without a deeper cause. */
  public BadDataException(String message) {
    super(message, null);
  }

  /** An error caused by another. */
  public BadDataException(String message, Throwable cause) {
    super(message, cause);
  }
}
