package io.graft;

import io.graft.train.EpochMetrics;
import io.graft.train.TrainingWatch;

/**
 * What a stage's training tells the listener of the fit.
 *
 * @param epochs of all stages
 */
record StageWatch(StageRows rows, FitListener listener, int epochs) implements TrainingWatch {

  @Override
  public void epochEnded(EpochMetrics metrics) {
    listener.epochEnded(metrics, epochs);
  }

  @Override
  public boolean stopRequested() {
    return listener.stopRequested();
  }

  @Override
  public String image(int row) {
    return rows.train().images().get(row).path().toString();
  }
}
