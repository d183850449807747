package io.graft.data;

import java.nio.file.Path;
import java.util.Objects;

/**
 * One view of an image file, and its class or its set of classes.
 *
 * @param path the file, which may turn out to be missing or damaged when it is read
 * @param label the position of its class in {@link LabeledImages#classes()}, or of its set of
 *     classes in {@link LabeledImages#labelSets()}, from 0
 * @param view which view
 */
public record LabeledImage(Path path, int label, View view) {

  /** Checks that there is a path, a label from 0 and a view. */
  public LabeledImage {
    Objects.requireNonNull(path, "path");
    Objects.requireNonNull(view, "view");
    if (label < 0) {
      throw new IllegalArgumentException("label " + label + " of " + path + " is negative");
    }
  }

  /** The plain picture. */
  public LabeledImage(Path path, int label) {
    this(path, label, View.PLAIN);
  }

  /** This view with another class. */
  public LabeledImage withLabel(int other) {
    return new LabeledImage(path, other, view);
  }

  /** Another view of this file. */
  public LabeledImage withView(View other) {
    return new LabeledImage(path, label, other);
  }

  /** Whether both are views of one file. */
  boolean sharesFileWith(LabeledImage other) {
    return path.equals(other.path);
  }
}
