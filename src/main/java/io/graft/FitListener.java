package io.graft;

import io.graft.runtime.Progress;
import io.graft.train.EpochMetrics;

/**
 * Receives the progress of a fit, on the thread that called it. Methods do nothing unless
 * overridden. A listener can ask the fit to stop. The fit then writes a checkpoint, if the caller
 * gave {@link io.graft.train.Checkpoints}, and throws a {@link io.graft.runtime.StoppedException}.
 */
public interface FitListener extends Progress {

  /** A listener that does nothing. */
  FitListener NONE = new FitListener() {};

  /**
   * Reports the metrics of an epoch.
   *
   * @param epochs the total number of epochs in all stages
   */
  default void epochEnded(EpochMetrics metrics, int epochs) {}
}
