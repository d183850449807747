package io.graft.eval;

/** The function that turns the logits of a classifier into probabilities, and its loss. */
public enum Outputs {

  /**
   * The softmax over the logits divided by a temperature, for rows with one class. The
   * probabilities of a row sum to 1. A temperature above 1 makes them less certain but keeps their
   * order.
   */
  SOFTMAX("softmax") {
    @Override
    public double[] probabilities(float[] logits, double temperature) {
      double normalizer = logSumExp(logits, temperature);
      double[] probabilities = new double[logits.length];
      for (int i = 0; i < logits.length; i++) {
        probabilities[i] = Math.exp(logits[i] / temperature - normalizer);
      }
      return probabilities;
    }

    @Override
    public double loss(float[] logits, int label, double temperature) {
      return logSumExp(logits, temperature) - logits[label] / temperature;
    }
  },

  /** The logistic function of each logit, one independent decision per class. */
  SIGMOID("sigmoid") {
    @Override
    public double[] probabilities(float[] logits, double temperature) {
      double[] probabilities = new double[logits.length];
      for (int i = 0; i < logits.length; i++) {
        probabilities[i] = sigmoid(logits[i]);
      }
      return probabilities;
    }

    @Override
    public double loss(float[] logits, int label, double temperature) {
      double sum = 0;
      for (int i = 0; i < logits.length; i++) {
        sum += binaryCrossEntropy(logits[i], i == label);
      }
      return sum / logits.length;
    }
  };

  private final String word;

  Outputs(String word) {
    this.word = word;
  }

  /**
   * Returns the probabilities of one row, computed in float64.
   *
   * @param logits the logits, one finite number per class
   * @param temperature the positive divisor of the logits; without effect for {@link #SIGMOID}
   * @return the probabilities, one number in [0, 1] per class
   */
  public abstract double[] probabilities(float[] logits, double temperature);

  /**
   * Returns the cross-entropy of one row in nats. This is minus the logarithm of the label's
   * probability. For {@link #SIGMOID} it is the mean of the classes' binary cross-entropies.
   *
   * @param logits the logits, one finite number per class
   * @param label the true class
   * @param temperature the positive divisor of the logits; without effect for {@link #SIGMOID}
   */
  public abstract double loss(float[] logits, int label, double temperature);

  /** Returns the name in a saved model: {@code softmax} or {@code sigmoid}. */
  public String word() {
    return word;
  }

  /**
   * Returns the function with the given name in a saved model.
   *
   * @throws IllegalArgumentException if there is no such function
   */
  public static Outputs parse(String word) {
    for (Outputs outputs : values()) {
      if (outputs.word.equals(word)) {
        return outputs;
      }
    }
    throw new IllegalArgumentException("outputs '" + word + "', expected softmax or sigmoid");
  }

  static double sigmoid(float logit) {
    return 1 / (1 + Math.exp(-(double) logit));
  }

  /** Returns the cross-entropy of one class, accurate even if the probability rounds to 1. */
  static double binaryCrossEntropy(float logit, boolean label) {
    double wrongWay = label ? -logit : logit;
    return Math.max(wrongWay, 0) + Math.log1p(Math.exp(-Math.abs(wrongWay)));
  }

  private static double logSumExp(float[] logits, double temperature) {
    // The largest logit is subtracted first, because exp would overflow otherwise.
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
