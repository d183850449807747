package io.graft.train;

/**
 * Sums over the batches of an epoch so far.
 *
 * @param loss of every row times its weight
 * @param weight of the rows
 * @param correct how many rows have their largest logit at their label
 * @param learningRate of the last step
 */
record EpochTotals(double loss, double weight, long correct, double learningRate) {

  /** The totals before the first batch. */
  static final EpochTotals NONE = new EpochTotals(0, 0, 0, 0);

  /** Returns the totals with one more batch. */
  EpochTotals plus(TrainingStep.Outcome batch, double rate) {
    return new EpochTotals(
        loss + batch.loss() * batch.weight(),
        weight + batch.weight(),
        correct + batch.correct(),
        rate);
  }
}
