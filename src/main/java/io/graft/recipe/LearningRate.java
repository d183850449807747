package io.graft.recipe;

import io.graft.runtime.InvalidOptionException;

/** The step size of the optimizer: given, or searched for before the training. */
public sealed interface LearningRate {

  /**
   * A learning rate that is given.
   *
   * @param value what the schedule starts from or rises to, positive and at most 1e37
   */
  record Fixed(double value) implements LearningRate {

    /** An optimizer may multiply a step, which must stay a float32. */
    private static final double LARGEST = 1e37;

    /** Checks the value. */
    public Fixed {
      if (!(value > 0 && value <= LARGEST)) {
        throw new InvalidOptionException(
            "Learning rate is "
                + value
                + ": expected a positive number of at most "
                + LARGEST
                + ", such as 0.001.");
      }
    }
  }

  /** The one of a ladder of learning rates that does best on held-out training images. */
  record Searched() implements LearningRate {}
}
