package io.graft.data;

import io.graft.image.Augmentation;
import io.graft.runtime.InvalidOptionException;

/**
 * Which views of its images a training uses.
 *
 * @param augmentation the augmentation that draws the views
 * @param perImage the number of views of each image, with the plain image first and the same views
 *     in every epoch; 0 for one new view in every epoch
 */
public record Views(Augmentation augmentation, int perImage) {

  /** One plain view of each image. */
  public static final Views PLAIN = new Views(Augmentation.NONE, 1);

  /** Checks that there is an augmentation if there are several views. */
  public Views {
    if (perImage < 0) {
      throw new InvalidOptionException(
          "The number of views per image is "
              + perImage
              + ": expected at least 1, or 0 for a new view in every epoch.");
    }
    if (perImage != 1 && augmentation.equals(Augmentation.NONE)) {
      throw new InvalidOptionException(
          "The number of views per image is "
              + perImage
              + " without an augmentation: expected 1. Name an augmentation, or ask for one view.",
          "augment",
          "views");
    }
  }

  /** Returns views that are drawn anew in every epoch, one for each image. */
  public static Views fresh(Augmentation augmentation) {
    return new Views(augmentation, 0);
  }

  /** Returns whether every epoch draws new views. */
  public boolean isFresh() {
    return perImage == 0;
  }
}
