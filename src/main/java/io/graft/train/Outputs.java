package io.graft.train;

import io.graft.eval.Softmax;
import java.util.Locale;

/** How probabilities are made of a trained classifier's logits. */
public enum Outputs {

  /** One class for every row: the probabilities of a row sum to 1. */
  SOFTMAX {
    @Override
    public double[] probabilities(float[] logits, double temperature) {
      return Softmax.probabilities(logits, temperature);
    }
  },

  /** Each class by itself: 1 / (1 + exp(-logit)). */
  SIGMOID {
    @Override
    public double[] probabilities(float[] logits, double temperature) {
      double[] probabilities = new double[logits.length];
      for (int i = 0; i < logits.length; i++) {
        probabilities[i] = 1 / (1 + Math.exp(-logits[i] / temperature));
      }
      return probabilities;
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
