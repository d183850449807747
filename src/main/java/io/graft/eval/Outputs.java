package io.graft.eval;

import java.util.Locale;

/** How a classifier's logits become probabilities, and what a row's answer costs then. */
public enum Outputs {

  /** One class for every row: the probabilities of a row sum to 1. */
  SOFTMAX {
    @Override
    public double[] probabilities(float[] logits, double temperature) {
      return Softmax.probabilities(logits, temperature);
    }

    @Override
    public double loss(float[] logits, int label, double temperature) {
      return Softmax.crossEntropy(logits, label, temperature);
    }
  },

  /** Each class by itself, with a sigmoid; a temperature is not for these and has no effect. */
  SIGMOID {
    @Override
    public double[] probabilities(float[] logits, double temperature) {
      return Sigmoid.probabilities(logits);
    }

    @Override
    public double loss(float[] logits, int label, double temperature) {
      double sum = 0;
      for (int i = 0; i < logits.length; i++) {
        sum += Sigmoid.crossEntropy(logits[i], i == label);
      }
      return sum / logits.length;
    }
  };

  /**
   * Probabilities of one row.
   *
   * @param logits one finite number per class
   * @param temperature what they are divided by, positive
   * @return as many numbers in [0, 1]
   */
  public abstract double[] probabilities(float[] logits, double temperature);

  /**
   * The cross-entropy of one row in nats: minus the logarithm of the label's probability, or the
   * mean over the classes of each one's binary cross-entropy.
   *
   * @param logits one finite number per class
   * @param label the true class
   * @param temperature what the logits are divided by, positive
   */
  public abstract double loss(float[] logits, int label, double temperature);

  /** The name in a saved model: {@code softmax} or {@code sigmoid}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * What has that name in a saved model.
   *
   * @throws IllegalArgumentException if nothing has
   */
  public static Outputs parse(String word) {
    return valueOf(word.toUpperCase(Locale.ROOT));
  }
}
