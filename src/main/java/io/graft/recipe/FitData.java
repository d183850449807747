package io.graft.recipe;

import io.graft.runtime.InvalidOptionException;

/**
 * The properties of images that options must suit.
 *
 * @param classes how many classes there are
 * @param multiLabel whether an image may have any number of classes
 * @param validated whether there are validation images
 */
public record FitData(int classes, boolean multiLabel, boolean validated) {

  /**
   * Checks that options suit the images.
   *
   * @throws InvalidOptionException if they do not
   */
  public void requireUsable(FitOptions options) {
    if (options.earlyStopping().isPresent() && !validated) {
      throw new InvalidOptionException(
          "Early stopping needs validation images and there are none. Give some, or leave out early"
              + " stopping.");
    }
    if (options.calibrate() && !validated) {
      throw new InvalidOptionException(
          "Calibration needs validation images and there are none. Give some, or leave it out.");
    }
    if (options.fitThresholds() && !multiLabel) {
      throw new InvalidOptionException(
          "Fitting thresholds needs multi-label images, and these have one label each. Leave it out,"
              + " or name the table's column labels.");
    }
    if (options.fitThresholds() && !validated) {
      throw new InvalidOptionException(
          "Fitting thresholds needs validation images and there are none. Give some, or leave it"
              + " out.");
    }
    requireUsable(options.objective());
  }

  private void requireUsable(Objective objective) {
    if (multiLabel && !(objective.loss() instanceof Loss.BinaryCrossEntropy)) {
      throw new InvalidOptionException(
          "The loss is "
              + objective.loss().optionName()
              + ", which is for one label per image, and these images are multi-label. Choose the"
              + " loss binary-cross-entropy.",
          "loss");
    }
    boolean byClass =
        !(objective.classWeights() instanceof ClassWeights.Equal)
            || objective.sampling() != Sampling.SHUFFLED;
    if (multiLabel && byClass) {
      throw new InvalidOptionException(
          "Class weights and balanced sampling need one class per image, and these images are"
              + " multi-label. Leave both out.",
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
