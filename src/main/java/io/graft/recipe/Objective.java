package io.graft.recipe;

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
