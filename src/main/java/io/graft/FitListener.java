package io.graft;

import io.graft.runtime.Progress;
import io.graft.train.EpochMetrics;

/**
 * Follows a fit, on the thread that fits. Methods do nothing unless overridden. A listener can ask
 * the fit to stop: it then writes a checkpoint, if the caller gave {@link
 * io.graft.train.Checkpoints}, and throws a {@link io.graft.runtime.StoppedException}.
 */
public interface FitListener extends Progress {

  /** A listener that does nothing. */
  FitListener NONE = new FitListener() {};

  /**
   * Reports the metrics of an epoch.
   *
   * @param epochs the number of epochs of all stages
   */
  default void epochEnded(EpochMetrics metrics, int epochs) {}
}
