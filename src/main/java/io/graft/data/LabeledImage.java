package io.graft.data;

import java.nio.file.Path;
import java.util.Objects;

/**
 * One image file and its class, or its set of classes.
 *
 * @param path the file, which may turn out to be missing or damaged when it is read
 * @param label the position of its class in {@link LabeledImages#classes()}, or of its set of
 *     classes in {@link LabeledImages#labelSets()}, from 0
 */
public record LabeledImage(Path path, int label) {

  /** Checks that there is a path and a label from 0. */
  public LabeledImage {
    Objects.requireNonNull(path, "path");
    if (label < 0) {
      throw new IllegalArgumentException("label " + label + " of " + path + " is negative");
    }
  }
}
