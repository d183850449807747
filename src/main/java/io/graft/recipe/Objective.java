package io.graft.recipe;

/**
 * The loss to minimise, and how much each row counts.
 *
 * @param loss the loss of a row
 * @param classWeights the weights of the classes in the loss
 * @param sampling which rows an epoch uses, and in which order
 */
public record Objective(Loss loss, ClassWeights classWeights, Sampling sampling) {

  /** Creates the default objective: the mean cross-entropy over all rows. */
  public Objective() {
    this(new Loss.CrossEntropy(), new ClassWeights.Equal(), Sampling.SHUFFLED);
  }
}
