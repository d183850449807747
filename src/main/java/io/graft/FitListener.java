package io.graft;

import io.graft.runtime.Progress;
import io.graft.train.EpochMetrics;

/**
 * Follows a fit, on the thread that fits; every method does nothing unless overridden. A fit that
 * is asked to stop writes a checkpoint, where those are asked for, and ends with a {@link
 * io.graft.runtime.StoppedException}.
 */
public interface FitListener extends Progress {

  /** A listener that does nothing. */
  FitListener NONE = new FitListener() {};

  /**
   * Reports what an epoch gave.
   *
   * @param epochs how many there will be, those of all stages together
   */
  default void epochEnded(EpochMetrics metrics, int epochs) {}
}
