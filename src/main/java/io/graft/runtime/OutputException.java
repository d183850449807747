package io.graft.runtime;

/** A result cannot be written where it was asked for. */
public final class OutputException extends GraftException {

  private static final long serialVersionUID = 1L;

  /** An error without a deeper cause. */
  public OutputException(String message) {
    super(message, null);
  }

  /** An error caused by another. */
  public OutputException(String message, Throwable cause) {
    super(message, cause);
  }
}
