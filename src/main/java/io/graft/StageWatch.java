package io.graft;

import io.graft.train.EpochMetrics;
import io.graft.train.TrainingWatch;

/**
 * What a stage's training asks and tells.
 *
 * @param listener of the fit, who may want it to stop
 * @param progress told of every epoch
 * @param epochs of all stages
 */
record StageWatch(StageRows rows, FitListener listener, FitListener progress, int epochs)
    implements TrainingWatch {

  @Override
  public void epochEnded(EpochMetrics metrics) {
    progress.epochEnded(metrics, epochs);
  }

  @Override
  public void stepped(int epoch, int done, int total) {
    listener.trained(epoch, done, total);
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
