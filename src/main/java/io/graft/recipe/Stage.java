package io.graft.recipe;

import io.graft.nn.Unfreeze;

/**
 * A part of a training: which layers it trains, for how many epochs, and at which learning rate.
 *
 * @param unfreeze the layers to train besides the head
 * @param epochs the number of epochs, at least 1
 * @param learningRate the learning rate, fixed or searched for
 */
public record Stage(Unfreeze unfreeze, int epochs, LearningRate learningRate) {

  /** Checks the number of epochs. */
  public Stage {
    Components.require(epochs >= 1, "Epochs", epochs, "a whole number of at least 1, such as 10");
  }

  /** Creates a stage with a given learning rate. */
  public Stage(Unfreeze unfreeze, int epochs, double learningRate) {
    this(unfreeze, epochs, new LearningRate.Fixed(learningRate));
  }

  /**
   * Returns the learning rate as a number.
   *
   * @throws IllegalStateException if the training searches for it
   */
  public double fixedRate() {
    if (learningRate instanceof LearningRate.Fixed fixed) {
      return fixed.value();
    }
    throw new IllegalStateException("The learning rate of this stage is not known yet");
  }

  /** Returns whether the training searches for the learning rate. */
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
