package io.graft.runtime;

/** Training diverged: its loss is no longer finite, because the learning rate is too high. */
public final class DivergedException extends InvalidOptionException {

  private static final long serialVersionUID = 1L;

  /** Creates an error; see {@link #settings} for the names of settings. */
  public DivergedException(String message, String... settings) {
    super(message, settings);
  }
}
