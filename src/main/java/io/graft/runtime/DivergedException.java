package io.graft.runtime;

/** Training went so far that numbers are no longer finite: the learning rate is too high. */
public final class DivergedException extends InvalidOptionException {

  private static final long serialVersionUID = 1L;

  /** Creates an error; see {@link #settings} for the names of settings. */
  public DivergedException(String message, String... settings) {
    super(message, settings);
  }
}
