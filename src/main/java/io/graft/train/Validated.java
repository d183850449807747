package io.graft.train;

import io.graft.eval.Evaluation;
import io.graft.eval.MultiLabelEvaluation;
import io.graft.recipe.Loss;
import java.util.Optional;

/**
 * What validation rows came to behind an epoch.
 *
 * @param loss as {@link EpochMetrics#validationLoss}
 * @param top1 as {@link EpochMetrics#validationTop1}
 * @param evaluation empty where rows have any number of classes
 */
record Validated(double loss, double top1, Optional<Evaluation> evaluation) {

  /** Of rows of one class each. */
  static Validated oneClass(float[][] logits, int[] labels, Loss loss) {
    Evaluation evaluation = Evaluation.ofLogits(logits, labels, loss.outputs());
    return new Validated(
        ValidationLoss.of(loss, logits, labels, evaluation),
        evaluation.top1(),
        Optional.of(evaluation));
  }

  /** Of rows of any number of classes, by binary cross-entropy. */
  static Validated multiLabel(float[][] logits, boolean[][] targets) {
    MultiLabelEvaluation evaluation =
        MultiLabelEvaluation.ofLogits(
            logits, targets, MultiLabelEvaluation.defaultThresholds(targets[0].length));
    return new Validated(evaluation.loss(), evaluation.top1(), Optional.empty());
  }
}
