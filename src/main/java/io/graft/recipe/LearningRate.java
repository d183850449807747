package io.graft.recipe;

/** The learning rate of a stage: a fixed number, or the result of a search before the training. */
public sealed interface LearningRate {

  /**
   * A given learning rate.
   *
   * @param value the rate at the start of the schedule or at its peak, positive and at most 1e37
   */
  record Fixed(double value) implements LearningRate {

    /** Below the largest float32, because an optimizer may multiply the learning rate. */
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

  /** The best learning rate of a fixed list, as measured on a part of the training images. */
  record Searched() implements LearningRate {}
}
