package io.graft.runtime;

/** Training diverged: its loss is no longer finite, because the learning rate is too high. */
public final class DivergedException extends InvalidOptionException {

  public DivergedException(String message, String... settings) {
    super(message, settings);
  }
}
