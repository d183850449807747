package io.graft.recipe;

import io.graft.nn.Unfreeze;
import io.graft.runtime.InvalidOptionException;

/**
 * One part of a training: which layers it trains, how long and how fast.
 *
 * @param unfreeze what is trained besides the head
 * @param epochs passes over the training rows, at least 1
 * @param learningRate given or searched for
 */
public record Stage(Unfreeze unfreeze, int epochs, LearningRate learningRate) {

  /** Checks the number of epochs. */
  public Stage {
    if (epochs < 1) {
      throw new InvalidOptionException(
          "Epochs is " + epochs + ": expected a whole number of at least 1, such as 10.");
    }
  }

  /** Creates a stage with a given learning rate. */
  public Stage(Unfreeze unfreeze, int epochs, double learningRate) {
    this(unfreeze, epochs, new LearningRate.Fixed(learningRate));
  }

  /**
   * Returns the learning rate as a number.
   *
   * @throws IllegalStateException if it is still to be searched for
   */
  public double fixedRate() {
    if (learningRate instanceof LearningRate.Fixed fixed) {
      return fixed.value();
    }
    throw new IllegalStateException("The learning rate of this stage is not known yet");
  }

  /** Returns whether the learning rate is to be searched for. */
  boolean searchesRate() {
    return learningRate instanceof LearningRate.Searched;
  }

  Stage withUnfreeze(Unfreeze other) {
    return new Stage(other, epochs, learningRate);
  }

  /** Returns a copy with another number of epochs. */
  public Stage withEpochs(int other) {
    return new Stage(unfreeze, other, learningRate);
  }

  Stage withLearningRate(LearningRate other) {
    return new Stage(unfreeze, epochs, other);
  }
}
