package io.graft.data;

import java.util.Objects;

/**
 * Two parts of labelled images with the same classes and without a common image.
 *
 * @param train the images to train on
 * @param validation the images to measure on
 */
public record Split(LabeledImages train, LabeledImages validation) {

  /** Checks that both parts are there. */
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
