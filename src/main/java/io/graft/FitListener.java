package io.graft;

import io.graft.backbone.PlanListener;
import io.graft.runtime.Progress;
import io.graft.train.EpochMetrics;

/**
 * Follows a fit, on the thread that fits; every method does nothing unless overridden. A fit that
 * is asked to stop writes a checkpoint, where those are asked for, and ends with a {@link
 * io.graft.runtime.StoppedException}.
 */
public interface FitListener extends Progress, PlanListener {

  /** A listener that does nothing. */
  FitListener NONE = new FitListener() {};

  @Override
  default void note(String line) {}

  @Override
  default void detail(String line) {}

  @Override
  default boolean stopRequested() {
    return false;
  }

  /**
   * Reports what an epoch gave.
   *
   * @param epochs how many there will be, those of all stages together
   */
  default void epochEnded(EpochMetrics metrics, int epochs) {}
}
