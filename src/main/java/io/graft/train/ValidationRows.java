package io.graft.train;

import ai.djl.ndarray.NDManager;
import io.graft.eval.Decision;
import io.graft.eval.Evaluation;
import io.graft.eval.Outputs;
import io.graft.features.FeatureStore;
import io.graft.recipe.Loss;

/** The validation rows, which are scored after every epoch. */
final class ValidationRows {

  private final FeatureStore store;
  private final boolean[][] targets;
  private final RowScorer scorer;
  private final Loss loss;
  private final Decision decision;
  private final RowBatches batches;

  /**
   * The result of an epoch.
   *
   * @param loss as {@link EpochMetrics#validationLoss}
   */
  record Scores(double loss, Evaluation evaluation) {}

  /**
   * Creates the rows of a store.
   *
   * @param classes how many logits a row gets
   * @param loss of the training
   * @param owner owns the copy of the rows on its device
   */
  ValidationRows(FeatureStore store, int classes, RowScorer scorer, Loss loss, NDManager owner) {
    this.store = store;
    this.targets = store.labelSets().among(classes).targets();
    this.scorer = scorer;
    this.loss = loss;
    this.decision = Decision.of(loss.outputs(), store.labelSets().multiLabel(), classes);
    this.batches = RowBatches.reused(store, RowScorer.BATCH_SIZE, owner);
  }

  /** Scores all rows with the current parameters. */
  Scores score() {
    float[][] logits = scorer.logits(batches);
    Evaluation evaluation = decision.evaluate(logits, store.labels(), targets);
    return new Scores(loss(loss, logits, store.labels(), evaluation), evaluation);
  }

  /** Returns the mean loss in float64, without class weights and label smoothing. */
  static double loss(Loss loss, float[][] logits, int[] labels, Evaluation evaluation) {
    if (loss instanceof Loss.CrossEntropy || loss instanceof Loss.BinaryCrossEntropy) {
      return evaluation.loss();
    }
    double sum = 0;
    for (int row = 0; row < logits.length; row++) {
      sum += lossOfRow(loss, logits[row], labels[row]);
    }
    return sum / logits.length;
  }

  private static double lossOfRow(Loss loss, float[] logits, int label) {
    if (loss instanceof Loss.Focal focal) {
      double crossEntropy = Outputs.SOFTMAX.loss(logits, label, 1);
      return Math.pow(-Math.expm1(-crossEntropy), focal.gamma()) * crossEntropy;
    }
    double[] probabilities = Outputs.SOFTMAX.probabilities(logits, 1);
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      sum += Math.pow(probabilities[i] - (i == label ? 1 : 0), 2) / 2;
    }
    return sum / logits.length;
  }
}
