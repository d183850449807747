package io.graft.data;

import java.util.Objects;

/**
 * Two parts of a set of labelled images. They have the same classes and no image in common.
 *
 * @param train the images to train on
 * @param validation the images to validate on
 */
public record Split(LabeledImages train, LabeledImages validation) {

  /** Checks that both parts are present. */
  public Split {
    Objects.requireNonNull(train, "train");
    Objects.requireNonNull(validation, "validation");
  }

  @Override
  public String toString() {
    return "Split[%d training images, %d validation images]"
        .formatted(train.images().size(), validation.images().size());
  }
}
