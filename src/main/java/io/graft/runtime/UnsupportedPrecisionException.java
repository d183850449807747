package io.graft.runtime;

/** A network cannot be computed in the precision asked for, here or at all. */
public final class UnsupportedPrecisionException extends GraftException {

  private static final long serialVersionUID = 1L;

  /** Creates an error; see {@link #settings} for the names of settings. */
  public UnsupportedPrecisionException(String message, String... settings) {
    super(message, null, settings);
  }

  /** Creates an error that another one has caused. */
  public UnsupportedPrecisionException(String message, Throwable cause, String... settings) {
    super(message, cause, settings);
  }
}
