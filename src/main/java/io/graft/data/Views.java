package io.graft.data;

import io.graft.image.Augmentation;
import io.graft.runtime.InvalidOptionException;

/**
 * The views of its images that a training uses.
 *
 * @param augmentation draws the views
 * @param perImage the number of views of each image, the plain one first, the same in every epoch;
 *     0 for one new view in every epoch
 */
public record Views(Augmentation augmentation, int perImage) {

  /** One plain view of each image. */
  public static final Views PLAIN = new Views(Augmentation.NONE, 1);

  /** Checks that several views have an augmentation. */
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

  /** Returns one view of each image that is drawn anew in every epoch. */
  public static Views fresh(Augmentation augmentation) {
    return new Views(augmentation, 0);
  }

  /** Returns whether every epoch draws new views. */
  public boolean isFresh() {
    return perImage == 0;
  }
}
