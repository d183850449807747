package io.graft.runtime;

/** An option or argument has a value that makes no sense. */
public sealed class InvalidOptionException extends GraftException permits DivergedException {

  private static final long serialVersionUID = 1L;

  /** An error without a deeper cause. */
  public InvalidOptionException(String message) {
    super(message, null);
  }

  /** An error caused by another. */
  public InvalidOptionException(String message, Throwable cause) {
    super(message, cause);
  }
}
