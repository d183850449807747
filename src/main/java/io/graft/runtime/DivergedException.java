package io.graft.runtime;

/** Reports that the loss is infinite or NaN. Usually, the learning rate is too high. */
public final class DivergedException extends InvalidOptionException {

  public DivergedException(String message, String... settings) {
    super(message, settings);
  }
}
