package io.graft.runtime;

/** The images, tables, labels or a saved model cannot be used. */
public final class BadDataException extends GraftException {

  private static final long serialVersionUID = 1L;

  /** Creates an error; see {@link #settings} for the names of settings. */
  public BadDataException(String message, String... settings) {
    super(message, null, settings);
  }

  /** Creates an error that another one has caused. */
  public BadDataException(String message, Throwable cause, String... settings) {
    super(message, cause, settings);
  }
}
