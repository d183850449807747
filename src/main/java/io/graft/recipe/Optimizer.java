package io.graft.recipe;

import io.graft.runtime.InvalidOptionException;

/**
 * The rule that updates parameters from their gradients. Formulas, names and defaults are those of
 * PyTorch's {@code torch.optim}. The learning rate is a separate option.
 *
 * <p>As in timm, weight decay does not apply to parameters with one dimension, such as biases and
 * the scales of normalisation.
 */
public sealed interface Optimizer {

  /** Returns the name that people type. */
  default String optionName() {
    if (this instanceof Adam) {
      return "adam";
    } else if (this instanceof AdamW) {
      return "adamw";
    }
    return this instanceof Sgd ? "sgd" : "rmsprop";
  }

  /** Returns the weight decay. */
  double weightDecay();

  /** Returns a copy with another weight decay. */
  Optimizer withWeightDecay(double decay);

  /**
   * Adam.
   *
   * @param beta1 the decay of the running mean of gradients, in [0, 1)
   * @param beta2 the decay of the running mean of squared gradients, in [0, 1)
   * @param epsilon the number that avoids a division by zero
   * @param weightDecay the factor of the L2 regularisation, which is added to the gradient
   * @see <a href="https://arxiv.org/abs/1412.6980">Kingma and Ba, 2014, algorithm 1</a>
   */
  record Adam(double beta1, double beta2, double epsilon, double weightDecay) implements Optimizer {

    /** Checks every value. */
    public Adam {
      requireShare("beta1", beta1);
      requireShare("beta2", beta2);
      requireNonNegative("epsilon", epsilon);
      requireNonNegative("weight decay", weightDecay);
    }

    /** Creates Adam with torch.optim.Adam's defaults. */
    public Adam() {
      this(0.9, 0.999, 1e-8, 0);
    }

    @Override
    public Adam withWeightDecay(double decay) {
      return new Adam(beta1, beta2, epsilon, decay);
    }
  }

  /**
   * Adam with decoupled weight decay.
   *
   * @param beta1 the decay of the running mean of gradients, in [0, 1)
   * @param beta2 the decay of the running mean of squared gradients, in [0, 1)
   * @param epsilon the number that avoids a division by zero
   * @param weightDecay the share by which a step at learning rate 1 shrinks a weight
   * @see <a href="https://arxiv.org/abs/1711.05101">Loshchilov and Hutter, 2017, algorithm 2</a>
   */
  record AdamW(double beta1, double beta2, double epsilon, double weightDecay)
      implements Optimizer {

    /** Checks every value. */
    public AdamW {
      requireShare("beta1", beta1);
      requireShare("beta2", beta2);
      requireNonNegative("epsilon", epsilon);
      requireNonNegative("weight decay", weightDecay);
    }

    /** Creates AdamW with torch.optim.AdamW's defaults. */
    public AdamW() {
      this(0.9, 0.999, 1e-8, 0.01);
    }

    @Override
    public AdamW withWeightDecay(double decay) {
      return new AdamW(beta1, beta2, epsilon, decay);
    }
  }

  /**
   * Stochastic gradient descent.
   *
   * @param momentum the share of the previous update that a step adds to its own, in [0, 1)
   * @param nesterov whether to evaluate the gradient at the look-ahead position
   * @param weightDecay the factor of the L2 regularisation, which is added to the gradient
   * @see <a href="https://proceedings.mlr.press/v28/sutskever13.html">Sutskever et al., 2013</a>
   */
  record Sgd(double momentum, boolean nesterov, double weightDecay) implements Optimizer {

    /** Checks every value. */
    public Sgd {
      requireShare("momentum", momentum);
      requireNonNegative("weight decay", weightDecay);
      if (nesterov && momentum == 0) {
        throw new InvalidOptionException(
            "Nesterov needs a momentum and momentum is 0: expected a momentum such as 0.9.");
      }
    }

    /** Creates SGD with torch.optim.SGD's defaults: no momentum. */
    public Sgd() {
      this(0, false, 0);
    }

    @Override
    public Sgd withWeightDecay(double decay) {
      return new Sgd(momentum, nesterov, decay);
    }
  }

  /**
   * RMSprop, not centred.
   *
   * @param alpha the decay of the running mean of squared gradients, in [0, 1)
   * @param epsilon the number that avoids a division by zero
   * @param momentum the share of the previous update that a step adds to its own, in [0, 1)
   * @param weightDecay the factor of the L2 regularisation, which is added to the gradient
   * @see <a href="https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf">Hinton,
   *     Neural Networks for Machine Learning, lecture 6e</a>
   */
  record RmsProp(double alpha, double epsilon, double momentum, double weightDecay)
      implements Optimizer {

    /** Checks every value. */
    public RmsProp {
      requireShare("alpha", alpha);
      requireNonNegative("epsilon", epsilon);
      requireShare("momentum", momentum);
      requireNonNegative("weight decay", weightDecay);
    }

    /** Creates RMSprop with torch.optim.RMSprop's defaults. */
    public RmsProp() {
      this(0.99, 1e-8, 0, 0);
    }

    /** Returns a copy with another momentum. */
    public RmsProp withMomentum(double other) {
      return new RmsProp(alpha, epsilon, other, weightDecay);
    }

    @Override
    public RmsProp withWeightDecay(double decay) {
      return new RmsProp(alpha, epsilon, momentum, decay);
    }
  }

  private static void requireShare(String name, double value) {
    Components.require(
        value >= 0 && value < 1,
        "The optimizer's " + name,
        value,
        "a number from 0 to below 1, such as 0.9");
  }

  private static void requireNonNegative(String name, double value) {
    Components.require(
        value >= 0 && Double.isFinite(value),
        "The optimizer's " + name,
        value,
        "0 or a positive number, such as 0.0001");
  }
}
