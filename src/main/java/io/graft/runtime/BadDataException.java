package io.graft.runtime;

/** Reports that images, tables, labels or a saved model cannot be used. */
public final class BadDataException extends GraftException {

  public BadDataException(String message, String... settings) {
    super(message, null, settings);
  }

  public BadDataException(String message, Throwable cause, String... settings) {
    super(message, cause, settings);
  }
}
