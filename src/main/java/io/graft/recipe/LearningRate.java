package io.graft.recipe;

/** The step size of the optimizer: fixed, or searched for before the training. */
public sealed interface LearningRate {

  /**
   * A given learning rate.
   *
   * @param value the start or the peak of the schedule, positive and at most 1e37
   */
  record Fixed(double value) implements LearningRate {

    /** Smaller than the largest float32, because an optimizer may multiply a step. */
    private static final double LARGEST = 1e37;

    /** Checks the value. */
    public Fixed {
      Components.require(
          value > 0 && value <= LARGEST,
          "Learning rate",
          value,
          "a positive number of at most 1e37, such as 0.001");
    }
  }

  /** The best learning rate of a fixed list, measured on a part of the training images. */
  record Searched() implements LearningRate {}
}
