package io.graft.recipe;

import io.graft.eval.Outputs;
import io.graft.runtime.InvalidOptionException;

/** What training makes small: a function of a row's logits and its label. */
public sealed interface Loss {

  /** The name that people type. */
  String optionName();

  /** What makes probabilities of the logits that this loss trains. */
  default Outputs outputs() {
    return Outputs.SOFTMAX;
  }

  /**
   * Minus the logarithm of the label's softmax probability, in nats: PyTorch's {@code
   * CrossEntropyLoss}.
   *
   * @param labelSmoothing the share of the target that is spread evenly over all classes, in [0, 1)
   * @see <a href="https://arxiv.org/abs/1512.00567">Szegedy et al., 2015, section 7</a>
   */
  record CrossEntropy(double labelSmoothing) implements Loss {

    /** Checks the share. */
    public CrossEntropy {
      if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
        throw new InvalidOptionException(
            "Label smoothing is "
                + labelSmoothing
                + ": expected a share from 0 to below 1, such as 0.1.");
      }
    }

    /** Without smoothing. */
    public CrossEntropy() {
      this(0);
    }

    @Override
    public String optionName() {
      return "cross-entropy";
    }
  }

  /**
   * One half of the mean over the classes of the squared difference between softmax probability and
   * one-hot label. The softmax comes first, so that the outputs are probabilities as with every
   * other loss; in Keras it is {@code loss="mse"} behind {@code activation="softmax"}, halved.
   */
  record MeanSquaredError() implements Loss {
    @Override
    public String optionName() {
      return "mse";
    }
  }

  /**
   * The mean over the classes of the binary cross-entropy of a sigmoid output that says whether the
   * row is of that class: PyTorch's {@code BCEWithLogitsLoss} against one-hot labels, or against
   * all the classes that a row has. Outputs do not compete: a picture of no known class can have
   * all of them near 0.
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
   * Cross-entropy that counts less the surer the row is: (1 - p)^gamma times minus log p, with p
   * the label's softmax probability.
   *
   * @param gamma how much less, at least 0; 0 is the cross-entropy
   * @see <a href="https://arxiv.org/abs/1708.02002">Lin et al., 2017</a>
   */
  record Focal(double gamma) implements Loss {

    /** Checks the exponent. */
    public Focal {
      if (!(gamma >= 0) || Double.isInfinite(gamma)) {
        throw new InvalidOptionException(
            "The focal loss's gamma is " + gamma + ": expected a number of at least 0, such as 2.");
      }
    }

    /** Lin et al.'s 2. */
    public Focal() {
      this(2);
    }

    @Override
    public String optionName() {
      return "focal";
    }
  }
}
