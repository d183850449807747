package io.graft.train;

import io.graft.eval.Evaluation;

/** The mean of a loss over scored rows, in float64, without class weights and label smoothing. */
final class ValidationLoss {

  private ValidationLoss() {}

  /**
   * The mean over all rows.
   *
   * @param logits float32 (rows, classes)
   * @param labels the true class of each row
   * @param evaluation of the same rows, whose cross-entropy is taken as it is
   */
  static double of(Loss loss, float[][] logits, int[] labels, Evaluation evaluation) {
    if (loss instanceof Loss.CrossEntropy) {
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
      double logP = logSoftmax(logits, label);
      return -Math.pow(-Math.expm1(logP), focal.gamma()) * logP;
    }
    double[] probabilities = Outputs.SOFTMAX.probabilities(logits, 1);
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      double target = i == label ? 1 : 0;
      sum +=
          loss instanceof Loss.MeanSquaredError
              ? Math.pow(probabilities[i] - target, 2) / 2
              : softplus(logits[i]) - target * logits[i];
    }
    return sum / logits.length;
  }

  private static double logSoftmax(float[] logits, int label) {
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - logits[label]);
    }
    // With a sum beyond float64's range the largest logit alone counts.
    return Double.isInfinite(sum) ? logits[label] - largest(logits) : -Math.log(sum);
  }

  private static double largest(float[] logits) {
    double largest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      largest = Math.max(largest, logit);
    }
    return largest;
  }

  /** log(1 + exp(x)), without overflow. */
  private static double softplus(double x) {
    return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  }
}
