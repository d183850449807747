package io.graft.runtime;

/** An option or argument has a value that makes no sense. */
public sealed class InvalidOptionException extends GraftException permits DivergedException {

  public InvalidOptionException(String message, String... settings) {
    super(message, null, settings);
  }

  public InvalidOptionException(String message, Throwable cause, String... settings) {
    super(message, cause, settings);
  }
}
