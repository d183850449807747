package io.graft.eval;

/** The function that turns a classifier's logits into probabilities, with its loss. */
public enum Outputs {

  /**
   * The softmax over the logits divided by a temperature, for one class per row: the probabilities
   * of a row sum to 1. A temperature above 1 makes them less certain; it never changes their order.
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
   * @param logits one finite number per class
   * @param temperature the positive divisor of the logits; without effect for {@link #SIGMOID}
   * @return one number in [0, 1] per class
   */
  public abstract double[] probabilities(float[] logits, double temperature);

  /**
   * Returns the cross-entropy of one row in nats: minus the logarithm of the label's probability,
   * or for {@link #SIGMOID} the mean of the classes' binary cross-entropies.
   *
   * @param logits one finite number per class
   * @param label the true class
   * @param temperature the positive divisor of the logits; without effect for {@link #SIGMOID}
   */
  public abstract double loss(float[] logits, int label, double temperature);

  /** Returns the name in a saved model: {@code softmax} or {@code sigmoid}. */
  public String word() {
    return word;
  }

  /**
   * Returns the function with that name in a saved model.
   *
   * @throws IllegalArgumentException if there is none
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

  /** The binary cross-entropy of one class; exact also where the probability rounds to 1. */
  static double binaryCrossEntropy(float logit, boolean label) {
    double wrongWay = label ? -logit : logit;
    return Math.max(wrongWay, 0) + Math.log1p(Math.exp(-Math.abs(wrongWay)));
  }

  private static double logSumExp(float[] logits, double temperature) {
    // Without the largest logit subtracted, exp would overflow.
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
