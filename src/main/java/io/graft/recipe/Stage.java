package io.graft.recipe;

import io.graft.nn.Unfreeze;
import io.graft.runtime.InvalidOptionException;

/**
 * One part of a training: which layers it trains, how long and how fast.
 *
 * @param unfreeze what is trained besides the head
 * @param epochs passes over the training rows, at least 1
 * @param learningRate the step size that the schedule starts from or rises to, positive and at most
 *     1e37
 */
public record Stage(Unfreeze unfreeze, int epochs, double learningRate) {

  /** A step that an optimizer makes several times as large is a float32 still. */
  private static final double LARGEST_LEARNING_RATE = 1e37;

  /** Checks every value. */
  public Stage {
    if (epochs < 1) {
      throw new InvalidOptionException(
          "Epochs is " + epochs + ": expected a whole number of at least 1, such as 10.");
    }
    if (!(learningRate > 0 && learningRate <= LARGEST_LEARNING_RATE)) {
      throw new InvalidOptionException(
          "Learning rate is "
              + learningRate
              + ": expected a positive number of at most "
              + LARGEST_LEARNING_RATE
              + ", such as 0.001.");
    }
  }

  Stage withUnfreeze(Unfreeze other) {
    return new Stage(other, epochs, learningRate);
  }

  /** This stage with another number of epochs. */
  public Stage withEpochs(int other) {
    return new Stage(unfreeze, other, learningRate);
  }

  Stage withLearningRate(double other) {
    return new Stage(unfreeze, epochs, other);
  }
}
