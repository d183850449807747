package io.graft.eval;

/**
 * The softmax over logits divided by a temperature, computed in float64 with the largest logit
 * subtracted. A temperature of 1 leaves the logits as they are; a higher one makes the answer less
 * certain and never changes which class is the most probable.
 */
public final class Softmax {

  private Softmax() {}

  /**
   * Probabilities of one row.
   *
   * @param logits one finite number per class
   * @param temperature positive
   * @return as many numbers in [0, 1] that sum to 1
   */
  public static double[] probabilities(float[] logits, double temperature) {
    double normalizer = logSumExp(logits, temperature);
    double[] probabilities = new double[logits.length];
    for (int i = 0; i < logits.length; i++) {
      probabilities[i] = Math.exp(logits[i] / temperature - normalizer);
    }
    return probabilities;
  }

  /** The cross-entropy of one row in nats: minus the logarithm of the true class's probability. */
  public static double crossEntropy(float[] logits, int label, double temperature) {
    return logSumExp(logits, temperature) - logits[label] / temperature;
  }

  private static double logSumExp(float[] logits, double temperature) {
    double largest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      largest = Math.max(largest, logit / temperature);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit / temperature - largest);
    }
    return largest + Math.log(sum);
  }
}
