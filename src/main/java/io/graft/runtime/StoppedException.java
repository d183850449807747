package io.graft.runtime;

/** Work ended before its end because that was asked for; what it kept says how it can go on. */
public final class StoppedException extends GraftException {

  private static final long serialVersionUID = 1L;

  /** A stop, by what it left. */
  public StoppedException(String message) {
    super(message, null);
  }
}
