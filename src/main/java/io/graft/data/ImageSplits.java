package io.graft.data;

import io.graft.data.splits.IterativeStratification;
import io.graft.data.splits.StratifiedSplit;
import io.graft.runtime.BadDataException;
import io.graft.runtime.InvalidOptionException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** Random splits of images. Chooses the way that fits their labels and groups. */
final class ImageSplits {

  private ImageSplits() {}

  static Split split(LabeledImages images, double validationFraction, long seed) {
    if (!(validationFraction > 0 && validationFraction < 1)) {
      throw new InvalidOptionException(
          "The validation split is "
              + validationFraction
              + ". Expected a fraction greater than 0 and less than 1, such as 0.2.");
    }
    List<LabeledImage> files = files(images);
    Optional<ImageGroups> groups = ImageGroups.of(images, files);
    boolean multiLabel = images.labelSets().multiLabel();
    BitSet validates;
    if (groups.isPresent()) {
      validates = groups.get().validation(validationFraction, seed);
    } else if (multiLabel) {
      validates =
          IterativeStratification.validation(
              images.classes().size(),
              files.stream().map(images::classesOf).toList(),
              validationFraction,
              seed);
    } else {
      validates =
          StratifiedSplit.validation(labels(files), images.classes(), validationFraction, seed);
    }
    if (validates.isEmpty()) {
      String reason =
          groups.isPresent()
              ? "none of its groups can be spared, because training needs images of every class"
              : multiLabel
                  ? "none of its " + files.size() + " images can be spared at this fraction"
                  : "none of its " + images.classes().size() + " classes has two images";
      throw new BadDataException(
          ("Cannot split %s: %s. Expected at least one %s that can give an image to validation. Add"
                  + " images, or name a folder of validation images.")
              .formatted(images.source(), reason, groups.isPresent() ? "group" : "class"));
    }
    return split(images, validates::get);
  }

  static List<Split> folds(LabeledImages images, int count, long seed) {
    if (images.labelSets().multiLabel()) {
      throw new InvalidOptionException(
          ("Cannot make folds of the multi-label images of %s. Expected images with one class"
                  + " each. Use one split into training and validation images.")
              .formatted(images.source()),
          "folds",
          "validation-split");
    }
    List<LabeledImage> files = files(images);
    int[] foldOf =
        ImageGroups.of(images, files)
            .map(groups -> groups.folds(images, count, seed))
            .orElseGet(
                () ->
                    StratifiedSplit.folds(
                        labels(files),
                        files.stream().map(LabeledImage::path).toList(),
                        images.source(),
                        count,
                        seed));
    return IntStream.range(0, count)
        .mapToObj(fold -> split(images, file -> foldOf[file] == fold))
        .toList();
  }

  /** Returns the first view of every file. */
  private static List<LabeledImage> files(LabeledImages listing) {
    List<LabeledImage> images = listing.images();
    return IntStream.range(0, images.size())
        .filter(i -> i == 0 || !images.get(i).sharesFileWith(images.get(i - 1)))
        .mapToObj(images::get)
        .toList();
  }

  private static int[] labels(List<LabeledImage> files) {
    return files.stream().mapToInt(LabeledImage::label).toArray();
  }

  private static Split split(LabeledImages images, IntPredicate fileValidates) {
    List<LabeledImage> train = new ArrayList<>();
    List<LabeledImage> validation = new ArrayList<>();
    int file = -1;
    LabeledImage before = null;
    for (LabeledImage image : images.images()) {
      file += before == null || !image.sharesFileWith(before) ? 1 : 0;
      (fileValidates.test(file) ? validation : train).add(image);
      before = image;
    }
    return new Split(images.only(train), images.only(validation));
  }
}
