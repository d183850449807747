package io.graft.runtime;

/** Training went so far that numbers are no longer finite: the learning rate is too high. */
public final class DivergedException extends InvalidOptionException {

  private static final long serialVersionUID = 1L;

  /** An error without a deeper cause. */
  public DivergedException(String message) {
    super(message);
  }
}
