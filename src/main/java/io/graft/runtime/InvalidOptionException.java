package io.graft.runtime;

/** An option or argument has a value that makes no sense. */
public sealed class InvalidOptionException extends GraftException permits DivergedException {

  private static final long serialVersionUID = 1L;

  /** Creates an error; see {@link #settings} for the names of settings. */
  public InvalidOptionException(String message, String... settings) {
    super(message, null, settings);
  }

  /** Creates an error that another one has caused. */
  public InvalidOptionException(String message, Throwable cause, String... settings) {
    super(message, cause, settings);
  }
}
