package io.graft.data;

import io.graft.runtime.BadDataException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Some or all images of another listing, in its order, possibly with other labels.
 *
 * @param whole the listing that the images come from
 * @param classes the classes by label
 * @param images the images in the order of {@code whole}
 */
record ImageSubset(LabeledImages whole, List<String> classes, List<LabeledImage> images)
    implements LabeledImages {

  ImageSubset {
    Objects.requireNonNull(whole, "whole");
    classes = List.copyOf(classes);
    images = List.copyOf(images);
  }

  static ImageSubset relabeled(LabeledImages whole, List<String> classes) {
    Map<String, Integer> labels = ClassNames.labels(classes);
    Set<String> unknown = new LinkedHashSet<>(whole.classes());
    unknown.removeAll(labels.keySet());
    if (!unknown.isEmpty()) {
      throw new BadDataException(
          (unknown.size() == 1 ? "Unknown class in " : "Unknown classes in ")
              + whole.source()
              + ": "
              + ClassNames.list(unknown)
              + ". Expected only known classes: "
              + ClassNames.list(classes)
              + ". Rename or remove what is unknown, or train with it.");
    }
    List<LabeledImage> images =
        whole.images().stream()
            .map(
                image ->
                    new LabeledImage(image.path(), labels.get(whole.classes().get(image.label()))))
            .toList();
    return new ImageSubset(whole, classes, images);
  }

  @Override
  public Path source() {
    return whole.source();
  }

  @Override
  public int passedOver() {
    return whole.passedOver();
  }

  @Override
  public String relativePath(LabeledImage image) {
    return whole.relativePath(image);
  }
}
