package io.graft.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import java.util.ArrayList;
import java.util.List;

/**
 * The Adam optimizer with PyTorch's arithmetic and Keras's and PyTorch's usual decay rates: 0.9 for
 * the mean of gradients, 0.999 for the mean of their squares, and 1e-8 against division by zero.
 *
 * @see <a href="https://arxiv.org/abs/1412.6980">Kingma and Ba, 2014, algorithm 1</a>
 */
final class Adam {

  static final double BETA_1 = 0.9;
  static final double BETA_2 = 0.999;
  static final double EPSILON = 1e-8;

  private static final float NO_WEIGHT_DECAY = 0f;
  private static final float GRADIENT_SCALE = 1f;

  /** DJL clips from 0 on, and clips positive gradients only. */
  private static final float NO_CLIPPING = -1f;

  private final double learningRate;
  private final List<Moments> moments = new ArrayList<>();
  private int steps;

  private record Moments(NDArray weight, NDArray mean, NDArray variance) {}

  /**
   * An optimizer of the parameters that require gradients.
   *
   * @param manager owns the optimizer's state
   */
  Adam(Iterable<Parameter> parameters, double learningRate, NDManager manager) {
    this.learningRate = learningRate;
    for (Parameter parameter : parameters) {
      if (parameter.requiresGradient()) {
        NDArray weight = parameter.getArray();
        moments.add(
            new Moments(
                weight,
                manager.zeros(weight.getShape(), weight.getDataType()),
                manager.zeros(weight.getShape(), weight.getDataType())));
      }
    }
  }

  /** Moves every parameter by its gradient and sets the gradient to zero. */
  void step() {
    steps++;
    double correction1 = 1 - Math.pow(BETA_1, steps);
    double correction2 = Math.sqrt(1 - Math.pow(BETA_2, steps));
    for (Moments moment : moments) {
      try (NDArray gradient = moment.weight().getGradient()) {
        // DJL folds both bias corrections into the step size, which would leave epsilon
        // uncorrected;
        // with epsilon scaled alike, the step is algorithm 1's.
        moment
            .weight()
            .getNDArrayInternal()
            .adamUpdate(
                new NDList(moment.weight(), gradient, moment.mean(), moment.variance()),
                new NDList(moment.weight()),
                (float) (learningRate * correction2 / correction1),
                (float) (learningRate * correction2 / correction1),
                NO_WEIGHT_DECAY,
                GRADIENT_SCALE,
                NO_CLIPPING,
                (float) BETA_1,
                (float) BETA_2,
                (float) (EPSILON * correction2),
                false,
                false);
      }
    }
  }
}
