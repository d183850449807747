package io.graft;

import ai.djl.ndarray.NDManager;
import io.graft.eval.MultiLabelEvaluation;
import io.graft.features.Extraction;
import io.graft.nn.NetworkBlock;
import io.graft.recipe.FitOptions;
import io.graft.train.RowScorer;
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
   * @param trained the layers, whose parameters are in {@code manager}
   * @param validation what to fit and to measure on; empty without validation images
   */
  static MultiLabelAnswers of(
      FitOptions options,
      NetworkBlock trained,
      NDManager manager,
      Optional<Extraction> validation) {
    int classes = Math.toIntExact(trained.network().outputShape().size());
    double[] thresholds = MultiLabelEvaluation.defaultThresholds(classes);
    if (validation.isEmpty()) {
      return new MultiLabelAnswers(list(thresholds), Optional.empty());
    }
    float[][] logits = new RowScorer(trained, manager).logits(validation.get().store());
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
