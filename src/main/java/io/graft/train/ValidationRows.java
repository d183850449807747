package io.graft.train;

import ai.djl.ndarray.NDManager;
import io.graft.eval.Decision;
import io.graft.eval.Evaluation;
import io.graft.features.FeatureStore;
import io.graft.recipe.Loss;

/** The validation rows and what is needed to score them after every epoch. */
final class ValidationRows {

  private final FeatureStore store;
  private final boolean[][] targets;
  private final RowScorer scorer;
  private final Loss loss;
  private final Decision decision;
  private final RowBatches batches;

  /**
   * The scores after an epoch.
   *
   * @param loss the mean loss, defined as in {@link EpochMetrics#validationLoss}
   */
  record Scores(double loss, Evaluation evaluation) {}

  /**
   * Creates the rows of a store.
   *
   * @param owner the owner of the copy of the rows on its device
   */
  ValidationRows(FeatureStore store, TrainingLoop loop, NDManager owner) {
    int classes = loop.classes();
    this.store = store;
    this.targets = store.labelSets().among(classes).targets();
    this.scorer = new RowScorer(loop.trained(), loop.manager());
    this.loss = loop.options().objective().loss();
    this.decision = Decision.of(loss.outputs(), store.labelSets().multiLabel(), classes);
    this.batches = new RowBatches(store, RowScorer.BATCH_SIZE, ResidentRows.where(store, owner));
  }

  /** Scores all rows with the current parameters. */
  Scores score() {
    float[][] logits = scorer.logits(batches);
    Evaluation evaluation = decision.evaluate(logits, store.labels(), targets);
    return new Scores(LossFormula.mean(loss, logits, store.labels(), evaluation), evaluation);
  }
}
