package io.graft.runtime;

/** Reports that the value of an option or argument is invalid. */
public sealed class InvalidOptionException extends GraftException permits DivergedException {

  public InvalidOptionException(String message, String... settings) {
    super(message, null, settings);
  }

  public InvalidOptionException(String message, Throwable cause, String... settings) {
    super(message, cause, settings);
  }
}
