package io.graft.fit;

import io.graft.data.LabeledImages;
import io.graft.recipe.FitData;
import io.graft.recipe.FitOptions;
import io.graft.runtime.BadDataException;
import io.graft.tensors.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * The images and options of a fit.
 *
 * @param images the images to train on
 * @param validation the images to evaluate on, with the classes of {@code images}
 * @param rowType the element type of the stored features, float16 or float32
 */
public record FitTask(
    LabeledImages images,
    Optional<LabeledImages> validation,
    FitOptions options,
    TensorType rowType) {

  /**
   * Returns the task of a training without folds.
   *
   * @throws io.graft.runtime.InvalidOptionException if the options do not suit the images
   * @throws BadDataException if the validation images have other classes, or only they are
   *     multi-label
   */
  public static FitTask of(
      LabeledImages images,
      Optional<LabeledImages> validation,
      FitOptions options,
      TensorType rowType) {
    requireUsable(images, validation.isPresent(), options);
    if (validation.isPresent()
        && validation.get().labelSets().multiLabel()
        && !images.labelSets().multiLabel()) {
      throw new BadDataException(
          validation.get().source()
              + " is multi-label, and the training images have one label each. Expected validation"
              + " images with one label each. Rename the column to label, or train on a table with"
              + " the column labels.");
    }
    return new FitTask(
        images, validation.map(other -> other.withClasses(images.classes())), options, rowType);
  }

  /** Returns the task of a cross-validation, in which every image is a validation image once. */
  public static FitTask ofFolds(LabeledImages images, FitOptions options, TensorType rowType) {
    requireUsable(images, true, options);
    return new FitTask(images, Optional.empty(), options, rowType);
  }

  private static void requireUsable(LabeledImages images, boolean validated, FitOptions options) {
    new FitData(images.classes().size(), images.labelSets().multiLabel(), validated)
        .requireUsable(options);
  }

  /** Returns all images that the frozen layers run on. */
  List<LabeledImages> all() {
    return validation.map(other -> List.of(images, other)).orElse(List.of(images));
  }
}
