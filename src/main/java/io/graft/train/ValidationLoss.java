package io.graft.train;

import io.graft.eval.Evaluation;
import io.graft.eval.Softmax;
import io.graft.recipe.Loss;

/** The mean of a loss over scored rows, in float64, without class weights and label smoothing. */
final class ValidationLoss {

  private ValidationLoss() {}

  /**
   * The mean over all rows.
   *
   * @param logits float32 (rows, classes)
   * @param labels the true class of each row
   * @param evaluation of the same rows by the loss's outputs; its cross-entropy is taken as it is
   */
  static double of(Loss loss, float[][] logits, int[] labels, Evaluation evaluation) {
    if (loss instanceof Loss.CrossEntropy || loss instanceof Loss.BinaryCrossEntropy) {
      return evaluation.loss();
    }
    double sum = 0;
    for (int row = 0; row < logits.length; row++) {
      sum += ofRow(loss, logits[row], labels[row]);
    }
    return sum / logits.length;
  }

  private static double ofRow(Loss loss, float[] logits, int label) {
    if (loss instanceof Loss.Focal focal) {
      double crossEntropy = Softmax.crossEntropy(logits, label, 1);
      return Math.pow(-Math.expm1(-crossEntropy), focal.gamma()) * crossEntropy;
    }
    double[] probabilities = Softmax.probabilities(logits, 1);
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      sum += Math.pow(probabilities[i] - (i == label ? 1 : 0), 2) / 2;
    }
    return sum / logits.length;
  }
}
