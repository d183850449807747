package io.graft.eval;

/** The logistic function over logits, one independent yes or no per class, in float64. */
public final class Sigmoid {

  private Sigmoid() {}

  /**
   * Probabilities of one row.
   *
   * @param logits one finite number per class
   * @return as many numbers in [0, 1], each the probability that the class is there
   */
  public static double[] probabilities(float[] logits) {
    double[] probabilities = new double[logits.length];
    for (int i = 0; i < logits.length; i++) {
      probabilities[i] = 1 / (1 + Math.exp(-(double) logits[i]));
    }
    return probabilities;
  }

  /** The binary cross-entropy of one decision in nats; exact where the probability rounds to 1. */
  static double crossEntropy(float logit, boolean label) {
    double wrongWay = label ? -logit : logit;
    return Math.max(wrongWay, 0) + Math.log1p(Math.exp(-Math.abs(wrongWay)));
  }
}
