package io.graft.train;

import ai.djl.ndarray.NDManager;
import io.graft.features.FeatureStore;
import io.graft.recipe.Loss;

/** The rows that are scored after every epoch. */
final class ValidationRows {

  private final FeatureStore store;
  private final int classes;
  private final RowScorer scorer;
  private final Loss loss;
  private final RowBatches batches;

  /**
   * Rows of a store.
   *
   * @param loss that is trained with
   * @param owner owns what is kept of them on its device
   */
  ValidationRows(FeatureStore store, int classes, RowScorer scorer, Loss loss, NDManager owner) {
    this.store = store;
    this.classes = classes;
    this.scorer = scorer;
    this.loss = loss;
    this.batches = RowBatches.reused(store, RowScorer.BATCH_SIZE, owner);
  }

  /** Scores all rows with the parameters as they are now. */
  Validated score() {
    float[][] logits = scorer.logits(batches);
    return store.targets().isPresent()
        ? Validated.multiLabel(logits, LabelTargets.ofRows(store, classes))
        : Validated.oneClass(logits, store.labels(), loss);
  }
}
