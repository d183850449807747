package io.graft.recipe;

import io.graft.runtime.InvalidOptionException;

/**
 * What options have to go with.
 *
 * @param classes how many there are
 * @param multiLabel whether an image may have any number of them
 * @param validated whether there is anything to validate on
 */
public record FitData(int classes, boolean multiLabel, boolean validated) {

  /**
   * Checks that options go with this.
   *
   * @throws InvalidOptionException if they do not
   */
  public void requireUsable(FitOptions options) {
    if (options.earlyStopping().isPresent() && !validated) {
      throw new InvalidOptionException(
          "Early stopping waits for a better validation loss and nothing is validated. Name"
              + " validation images, or leave early stopping away.");
    }
    if (options.calibrate() && !validated) {
      throw new InvalidOptionException(
          "Calibration needs validation images and there are none. Name some, or leave it away.");
    }
    if (options.fitThresholds() && !multiLabel) {
      throw new InvalidOptionException(
          "Thresholds are of images of several labels, and these have one label each. Leave"
              + " fitting them away, or name the table's column labels.");
    }
    if (options.fitThresholds() && !validated) {
      throw new InvalidOptionException(
          "Fitting thresholds needs validation images and there are none. Name some, or leave it"
              + " away.");
    }
    requireUsable(options.objective());
  }

  private void requireUsable(Objective objective) {
    if (multiLabel && !(objective.loss() instanceof Loss.BinaryCrossEntropy)) {
      throw new InvalidOptionException(
          "The loss is "
              + objective.loss().optionName()
              + ", which is for one label per image, and these images may have several. Choose"
              + " the loss binary-cross-entropy.",
          "loss");
    }
    boolean byClass =
        !(objective.classWeights() instanceof ClassWeights.Equal)
            || objective.sampling() != Sampling.SHUFFLED;
    if (multiLabel && byClass) {
      throw new InvalidOptionException(
          "Class weights and balanced sampling go by an image's one class, and these images may"
              + " have several. Leave both out.",
          "class-weights",
          "sampling");
    }
    if (objective.classWeights() instanceof ClassWeights.Values given
        && given.values().size() != classes) {
      throw new InvalidOptionException(
          "There are "
              + given.values().size()
              + " class weights and "
              + classes
              + " classes: expected one weight for each class, in the order of their names.");
    }
  }
}
