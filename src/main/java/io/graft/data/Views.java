package io.graft.data;

import io.graft.image.Augmentation;
import io.graft.runtime.InvalidOptionException;

/**
 * Which views of its pictures a training sees.
 *
 * @param augmentation how views are drawn
 * @param perImage how many there are of each picture, the plain one first, the same ones in every
 *     epoch; 0 for one that is drawn anew in each epoch
 */
public record Views(Augmentation augmentation, int perImage) {

  /** Each picture as it is. */
  public static final Views PLAIN = new Views(Augmentation.NONE, 1);

  /** Checks that the augmentation and the number go together. */
  public Views {
    if (perImage < 0) {
      throw new InvalidOptionException(
          "The number of views per image is "
              + perImage
              + ": expected at least 1, or 0 for a fresh one in each epoch.");
    }
    if (perImage != 1 && augmentation.equals(Augmentation.NONE)) {
      throw new InvalidOptionException(
          "Several views of an image differ by an augmentation and there is none. Name an"
              + " augmentation, or ask for one view.",
          "augment",
          "views");
    }
  }

  /** A view of each picture that is drawn anew in each epoch. */
  public static Views fresh(Augmentation augmentation) {
    return new Views(augmentation, 0);
  }

  /** Whether each epoch draws its own. */
  public boolean isFresh() {
    return perImage == 0;
  }
}
