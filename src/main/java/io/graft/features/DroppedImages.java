package io.graft.features;

import io.graft.data.DataParts;
import io.graft.data.LabeledImage;
import io.graft.data.LabeledImages;
import io.graft.runtime.BadDataException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The files to leave out of the training, validation and test images. */
final class DroppedImages {

  private final List<Set<Path>> files = List.of(new HashSet<>(), new HashSet<>(), new HashSet<>());

  /** Adds a file of the training (0), validation (1) or test images (2). */
  void add(int part, Path file) {
    files.get(part).add(file);
  }

  /**
   * Returns parts without these files.
   *
   * @throws BadDataException if a part or a class of training images has no image left
   */
  DataParts from(DataParts parts) {
    LabeledImages train = without(0, parts.train());
    requireClasses(parts.train(), train);
    return new DataParts(
        train,
        parts.validation().map(images -> without(1, images)),
        parts.test().map(images -> without(2, images)),
        parts.folders());
  }

  private LabeledImages without(int part, LabeledImages all) {
    Set<Path> out = files.get(part);
    if (out.isEmpty()) {
      return all;
    }
    List<LabeledImage> images =
        all.images().stream().filter(image -> !out.contains(image.path())).toList();
    if (images.isEmpty()) {
      throw new BadDataException(
          ("No image of %s is left: each of its %s images is a duplicate, such as %s. Expected"
                  + " images that are in one part only and have one label. Add others, or keep the"
                  + " duplicates.")
              .formatted(all.source(), all.images().size(), all.images().get(0).path()),
          "on-duplicate");
    }
    return all.only(images);
  }

  private static void requireClasses(LabeledImages all, LabeledImages kept) {
    BitSet lost = classes(all);
    lost.andNot(classes(kept));
    if (!lost.isEmpty()) {
      throw new BadDataException(
          ("No image of the class '%s' of %s is left: each also has another label. Correct the"
                  + " labels, or keep the duplicates.")
              .formatted(all.classes().get(lost.nextSetBit(0)), all.source()),
          "on-duplicate");
    }
  }

  private static BitSet classes(LabeledImages images) {
    BitSet found = new BitSet();
    images.images().forEach(image -> images.classesOf(image).forEach(found::set));
    return found;
  }
}
