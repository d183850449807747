package io.graft.train;

import io.graft.runtime.InvalidOptionException;

/**
 * What training makes small, and over which rows.
 *
 * @param loss of a row
 * @param classWeights how much the rows of each class count
 * @param sampling which rows an epoch takes
 */
public record Objective(Loss loss, ClassWeights classWeights, Sampling sampling) {

  /** Mean cross-entropy over every row. */
  public Objective() {
    this(new Loss.CrossEntropy(), new ClassWeights.Equal(), Sampling.SHUFFLED);
  }

  /**
   * Checks that this can be the objective of rows that have any number of classes.
   *
   * @throws InvalidOptionException if it cannot
   */
  void requireMultiLabel() {
    if (!(loss instanceof Loss.BinaryCrossEntropy)) {
      throw new InvalidOptionException(
          "The loss is "
              + loss.optionName()
              + ", which is for one label per image, and these images may have several. Name"
              + " --loss binary-cross-entropy.");
    }
    if (!(classWeights instanceof ClassWeights.Equal) || sampling != Sampling.SHUFFLED) {
      throw new InvalidOptionException(
          "Class weights and balanced sampling go by an image's one class, and these images may"
              + " have several. Leave --class-weights and --sampling away.");
    }
  }

  Objective withLoss(Loss other) {
    return new Objective(other, classWeights, sampling);
  }

  Objective withClassWeights(ClassWeights other) {
    return new Objective(loss, other, sampling);
  }

  Objective withSampling(Sampling other) {
    return new Objective(loss, classWeights, other);
  }
}
