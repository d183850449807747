package io.graft.data;

import java.util.Objects;

/**
 * Labelled images in two parts that share no image and have the same classes.
 *
 * @param train the part to learn from
 * @param validation the part to measure on
 */
public record Split(LabeledImages train, LabeledImages validation) {

  /** Checks that both parts are there. */
  public Split {
    Objects.requireNonNull(train, "train");
    Objects.requireNonNull(validation, "validation");
  }
}
