package io.graft.train;

import ai.djl.ndarray.NDManager;
import io.graft.eval.Evaluation;
import io.graft.features.FeatureStore;

/** The rows that are scored after every epoch. */
final class ValidationRows {

  private final RowScorer scorer;
  private final Loss loss;
  private final RowBatches batches;
  private final int[] labels;

  /**
   * Rows of a store.
   *
   * @param owner owns what is kept of them on its device
   */
  ValidationRows(FeatureStore store, RowScorer scorer, Loss loss, NDManager owner) {
    this.scorer = scorer;
    this.loss = loss;
    this.batches = RowBatches.reused(store, RowScorer.BATCH_SIZE, owner);
    this.labels = store.labels();
  }

  /**
   * What scoring came to.
   *
   * @param loss mean over the rows, of the loss that is trained with
   */
  record Outcome(Evaluation evaluation, double loss) {}

  /** Scores all rows with the parameters as they are now. */
  Outcome score() {
    float[][] logits = scorer.logits(batches);
    Evaluation evaluation = Evaluation.ofLogits(logits, labels, loss.outputs());
    return new Outcome(evaluation, ValidationLoss.of(loss, logits, labels, evaluation));
  }
}
