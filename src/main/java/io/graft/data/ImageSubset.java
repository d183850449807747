package io.graft.data;

import io.graft.data.listing.ClassNames;
import io.graft.image.Augmentation;
import io.graft.runtime.BadDataException;
import io.graft.runtime.InvalidOptionException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;

/** Some or all images of another listing, or views of them, possibly with other labels. */
record ImageSubset(
    LabeledImages whole, List<String> classes, LabelSets labelSets, List<LabeledImage> images)
    implements LabeledImages {

  ImageSubset {
    Objects.requireNonNull(whole, "whole");
    classes = List.copyOf(classes);
    images = List.copyOf(images);
  }

  static ImageSubset relabeled(LabeledImages whole, List<String> classes) {
    List<Integer> moved = ClassNames.positions(whole.classes(), classes);
    List<String> unknown =
        IntStream.range(0, moved.size())
            .filter(i -> moved.get(i) == null)
            .mapToObj(whole.classes()::get)
            .toList();
    if (!unknown.isEmpty()) {
      throw new BadDataException(
          ("Unknown %s in %s: %s. Expected only known classes: %s. Rename or remove the unknown"
                  + " ones, or train with them.")
              .formatted(
                  unknown.size() == 1 ? "class" : "classes",
                  whole.source(),
                  ClassNames.list(unknown),
                  ClassNames.list(classes)));
    }
    if (whole.labelSets().multiLabel()) {
      List<List<Integer>> sets =
          whole.labelSets().sets().stream()
              .map(set -> set.stream().map(moved::get).sorted().toList())
              .toList();
      return new ImageSubset(
          whole, classes, LabelSets.multiLabel(classes.size(), sets), whole.images());
    }
    List<LabeledImage> images =
        whole.images().stream().map(image -> image.withLabel(moved.get(image.label()))).toList();
    return new ImageSubset(whole, classes, LabelSets.singleLabel(classes.size()), images);
  }

  static ImageSubset withViews(
      LabeledImages whole, Augmentation augmentation, int count, long seed) {
    boolean allEqual = augmentation.equals(Augmentation.NONE);
    if (count < 1 || (count > 1 && allEqual)) {
      throw new InvalidOptionException(
          allEqual
              ? ("The number of views is %s. Expected 1 without an augmentation. Give another"
                      + " number, or choose an augmentation.")
                  .formatted(count)
              : "The number of views is %s. Expected at least 1, the plain image."
                  .formatted(count));
    }
    List<LabeledImage> images =
        whole.images().stream()
            .filter(image -> image.view().isPlain())
            .flatMap(
                image ->
                    IntStream.range(0, count)
                        .mapToObj(number -> image.withView(new View(augmentation, seed, number))))
            .toList();
    return new ImageSubset(whole, whole.classes(), whole.labelSets(), images);
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
  public Map<String, Integer> notRead() {
    return whole.notRead();
  }

  @Override
  public List<String> notes() {
    return whole.notes();
  }

  @Override
  public String relativePath(LabeledImage image) {
    return whole.relativePath(image);
  }

  @Override
  public Optional<String> partOf(LabeledImage image) {
    return whole.partOf(image);
  }

  @Override
  public Optional<String> groupOf(LabeledImage image) {
    return whole.groupOf(image);
  }

  @Override
  public String toString() {
    return "ImageSubset[%s, %d classes, %d images]"
        .formatted(source(), classes.size(), images.size());
  }
}
