package io.graft.eval;

/** The softmax over logits, computed in float64 with the largest logit subtracted. */
public final class Softmax {

  private Softmax() {}

  /**
   * Probabilities of one row.
   *
   * @param logits one finite number per class
   * @return as many numbers in [0, 1] that sum to 1
   */
  public static double[] probabilities(float[] logits) {
    double normalizer = logSumExp(logits);
    double[] probabilities = new double[logits.length];
    for (int i = 0; i < logits.length; i++) {
      probabilities[i] = Math.exp(logits[i] - normalizer);
    }
    return probabilities;
  }

  /** The cross-entropy of one row in nats: minus the logarithm of the true class's probability. */
  static double crossEntropy(float[] logits, int label) {
    return logSumExp(logits) - logits[label];
  }

  private static double logSumExp(float[] logits) {
    double largest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      largest = Math.max(largest, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - largest);
    }
    return largest + Math.log(sum);
  }
}
