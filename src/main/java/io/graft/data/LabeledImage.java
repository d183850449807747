package io.graft.data;

import java.nio.file.Path;
import java.util.Objects;

/**
 * A view of an image file with its label.
 *
 * @param path the path of the file, which may be missing or not be an image
 * @param label the position of the image's class in {@link LabeledImages#classes()}, or of its set
 *     of classes in {@link LabeledImages#labelSets()}, from 0
 * @param view the view of the file
 */
public record LabeledImage(Path path, int label, View view) {

  /** Checks that the path and the view are present and the label is not negative. */
  public LabeledImage {
    Objects.requireNonNull(path, "path");
    Objects.requireNonNull(view, "view");
    if (label < 0) {
      throw new IllegalArgumentException("label " + label + " of " + path + " is negative");
    }
  }

  /** Creates the plain view of an image file. */
  public LabeledImage(Path path, int label) {
    this(path, label, View.PLAIN);
  }

  /** Returns this view with another label. */
  public LabeledImage withLabel(int other) {
    return new LabeledImage(path, other, view);
  }

  /** Returns another view of this file. */
  public LabeledImage withView(View other) {
    return new LabeledImage(path, label, other);
  }

  /** Returns whether both are views of the same file. */
  boolean sharesFileWith(LabeledImage other) {
    return path.equals(other.path);
  }

  @Override
  public String toString() {
    String shownView = view.isPlain() ? "" : ", view " + view.number();
    return "LabeledImage[" + path + ", label " + label + shownView + "]";
  }
}
