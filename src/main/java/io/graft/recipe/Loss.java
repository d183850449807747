package io.graft.recipe;

import io.graft.eval.Outputs;

/**
 * The function that training minimises, computed from the logits and the label of each row. The
 * formulas are in {@code train.LossFormula}.
 */
public sealed interface Loss {

  /** Returns the name that people type, such as {@code cross-entropy}. */
  String optionName();

  /** Returns how the logits of this loss become probabilities. */
  default Outputs outputs() {
    return Outputs.SOFTMAX;
  }

  /**
   * The negative logarithm of the label's softmax probability, in nats. This is {@code
   * CrossEntropyLoss} in PyTorch.
   *
   * @param labelSmoothing the share of the target that is spread evenly over all classes, in [0, 1)
   * @see <a href="https://arxiv.org/abs/1512.00567">Szegedy et al., 2015, section 7</a>
   */
  record CrossEntropy(double labelSmoothing) implements Loss {

    /** Checks the share. */
    public CrossEntropy {
      Components.require(
          labelSmoothing >= 0 && labelSmoothing < 1,
          "Label smoothing",
          labelSmoothing,
          "a share from 0 to below 1, such as 0.1");
    }

    /** Creates the loss without smoothing. */
    public CrossEntropy() {
      this(0);
    }

    @Override
    public String optionName() {
      return "cross-entropy";
    }
  }

  /**
   * Half of the mean squared difference between the softmax probabilities and the one-hot label. It
   * is half the value of Keras's {@code loss="mse"} after {@code activation="softmax"}.
   */
  record MeanSquaredError() implements Loss {
    @Override
    public String optionName() {
      return "mse";
    }
  }

  /**
   * The binary cross-entropy of each class's sigmoid output, averaged over the classes. This is
   * {@code BCEWithLogitsLoss} in PyTorch. The probabilities are independent, so an image of no
   * known class can have only probabilities near 0.
   */
  record BinaryCrossEntropy() implements Loss {
    @Override
    public String optionName() {
      return "binary-cross-entropy";
    }

    @Override
    public Outputs outputs() {
      return Outputs.SIGMOID;
    }
  }

  /**
   * A cross-entropy with less weight on well classified rows: -(1 - p)^gamma * log(p), where p is
   * the label's softmax probability.
   *
   * @param gamma the exponent, at least 0; with 0 this is the plain cross-entropy
   * @see <a href="https://arxiv.org/abs/1708.02002">Lin et al., 2017</a>
   */
  record Focal(double gamma) implements Loss {

    /** Checks the exponent. */
    public Focal {
      Components.require(
          gamma >= 0 && Double.isFinite(gamma),
          "The focal loss's gamma",
          gamma,
          "a number of at least 0, such as 2");
    }

    /** Creates the loss with Lin et al.'s gamma of 2. */
    public Focal() {
      this(2);
    }

    @Override
    public String optionName() {
      return "focal";
    }
  }
}
