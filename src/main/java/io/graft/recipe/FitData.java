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
    requireValidated(
        options.keepsBestOfAll() ? "Keeping the best epoch" : "Early stopping",
        options.earlyStopping().isPresent());
    requireValidated("Calibration", options.calibrate());
    require(
        multiLabel || !options.fitThresholds(),
        "Fitting thresholds needs multi-label images, and these have one label each. Leave it out,"
            + " or name the table's column labels.");
    requireValidated("Fitting thresholds", options.fitThresholds());
    Objective objective = options.objective();
    require(
        !multiLabel || objective.loss() instanceof Loss.BinaryCrossEntropy,
        ("The loss is %s, which is for one label per image, and these images are multi-label."
                + " Choose the loss binary-cross-entropy.")
            .formatted(objective.loss().optionName()),
        "loss");
    ClassWeights weights = objective.classWeights();
    boolean equal = weights instanceof ClassWeights.Equal;
    require(
        !multiLabel || (equal && objective.sampling() == Sampling.SHUFFLED),
        "Class weights and balanced sampling need one class per image, and these images are"
            + " multi-label. Leave both out.",
        "class-weights",
        "sampling");
    int given = weights instanceof ClassWeights.Values values ? values.values().size() : classes;
    require(
        given == classes,
        ("There are %s class weights and %s classes: expected one weight for each class, in the"
                + " order of their names.")
            .formatted(given, classes));
  }

  private void requireValidated(String what, boolean asked) {
    require(
        validated || !asked,
        what + " needs validation images and there are none. Give some, or leave it out.");
  }

  private static void require(boolean usable, String message, String... settings) {
    if (!usable) {
      throw new InvalidOptionException(message, settings);
    }
  }
}
