package io.graft;

import io.graft.eval.MultiLabelEvaluation;
import io.graft.features.Extraction;
import io.graft.train.FitOptions;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The thresholds of a model that was just trained on images of any number of classes, and what its
 * answers are worth at them.
 *
 * @param thresholds one per class
 * @param validation empty without validation images
 */
record MultiLabelAnswers(List<Double> thresholds, Optional<MultiLabelEvaluation> validation) {

  /**
   * Fits the thresholds if the options say so, and measures.
   *
   * @param validation the rows; empty without validation images
   * @param logits of those rows
   */
  static MultiLabelAnswers of(
      FitOptions options, int classes, Optional<Extraction> validation, float[][] logits) {
    double[] thresholds = MultiLabelEvaluation.defaultThresholds(classes);
    if (validation.isEmpty()) {
      return new MultiLabelAnswers(list(thresholds), Optional.empty());
    }
    boolean[][] targets = validation.get().targets();
    if (options.fitThresholds()) {
      thresholds = MultiLabelEvaluation.bestThresholds(logits, targets);
    }
    return new MultiLabelAnswers(
        list(thresholds), Optional.of(MultiLabelEvaluation.ofLogits(logits, targets, thresholds)));
  }

  private static List<Double> list(double[] thresholds) {
    return Arrays.stream(thresholds).boxed().toList();
  }
}
