package io.graft.data;

import io.graft.image.Augmentation;
import io.graft.runtime.BadDataException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Labelled images of a folder or a table, listed but not yet read. The order of the classes and of
 * the images depends on their names alone, so it is the same on every machine and file system.
 */
public sealed interface LabeledImages permits ImageFolder, ImageTable, ImageSubset {

  /** Returns the names of the classes. */
  List<String> classes();

  /** Returns what a label stands for: a position in {@link #classes()}, or a set of them. */
  default LabelSets labelSets() {
    return LabelSets.singleLabel(classes().size());
  }

  /** Returns the classes of an image: positions in {@link #classes()}, ascending. */
  default List<Integer> classesOf(LabeledImage image) {
    return labelSets().sets().get(image.label());
  }

  /** The images in code-point order of {@link #relativePath}; views of one file by number. */
  List<LabeledImage> images();

  /** The folder or table that was opened, as it was named. */
  Path source();

  /**
   * How many entries of the {@link #source} are not among its images: hidden files and folders,
   * files that are no images, files outside of a class, repeated rows. A part of labelled images
   * reports the count of the whole.
   */
  int passedOver();

  /**
   * The path of an image relative to the folder that was opened, or to the folder of the table,
   * with {@code /} between names on every platform. An image elsewhere has its absolute path.
   */
  String relativePath(LabeledImage image);

  /**
   * Lists a folder that has one folder of images per class, or a CSV table of images and labels.
   *
   * @throws BadDataException if there is no such folder or table, it cannot be read, it has fewer
   *     than two classes (none, where images may have several), or a class has no image
   */
  static LabeledImages open(Path folderOrTable) {
    return requireExists(folderOrTable)
        ? ImageFolder.open(folderOrTable)
        : ImageTable.open(folderOrTable);
  }

  /**
   * Lists a folder or a table whose classes are known already, such as validation images. Classes
   * may be missing and the ones that are there may be empty.
   *
   * @param knownClasses the classes by label; they become {@link #classes()}
   * @throws BadDataException if there is no such folder or table, it cannot be read, it has a class
   *     that is not known, or it has no image at all
   */
  static LabeledImages open(Path folderOrTable, List<String> knownClasses) {
    LabeledImages listed =
        requireExists(folderOrTable)
            ? ImageFolder.list(folderOrTable)
            : ImageTable.list(folderOrTable);
    LabeledImages known = listed.withClasses(knownClasses);
    if (known.images().isEmpty()) {
      throw new BadDataException(
          "No images in "
              + folderOrTable
              + ": received "
              + listed.passedOver()
              + " files that are hidden, no images, or in no class. Expected at least one image of"
              + " these classes: "
              + ClassNames.list(knownClasses)
              + ". Put images into a folder that is named like their class.");
    }
    return known;
  }

  /**
   * Splits every class at random, by seed, into two parts that keep this order. A class of n images
   * gives round(validationFraction * n) of them to validation, at least one to each part; a single
   * image stays in training. A class is drawn by itself: other classes do not change its split. All
   * views of a file go to the same part, and count as one.
   *
   * <p>Where images may have several classes, each class gives close to that fraction of its images
   * and every class has one in training: iterative stratification (Sechidis, Tsoumakas and
   * Vlahavas, On the Stratification of Multi-Label Data, ECML PKDD 2011).
   *
   * @param validationFraction the part to validate on, greater than 0 and less than 1
   * @param seed the same seed and the same paths give the same split on every machine
   * @throws io.graft.runtime.InvalidOptionException if the fraction is not between 0 and 1
   * @throws BadDataException if no class has two images
   */
  default Split split(double validationFraction, long seed) {
    return StratifiedSplit.of(this, validationFraction, seed);
  }

  /**
   * Splits the images at random, by seed, for k-fold cross-validation: every image validates in one
   * of the splits and trains in all others. The images of a class are spread over the splits as
   * evenly as they can be, and so are all images together. All views of a file stay together, and
   * count as one; they keep this order.
   *
   * @param count how many splits, at least 2
   * @param seed the same seed and the same images give the same splits on every machine
   * @throws io.graft.runtime.InvalidOptionException if the count is less than 2 or more than the
   *     largest class has images, or if images may have several classes
   * @throws BadDataException if a class has fewer than two images
   */
  default List<Split> folds(int count, long seed) {
    return StratifiedFolds.of(this, count, seed);
  }

  /**
   * The same images labelled, by the name of their class, with positions in other classes.
   *
   * @param classes the classes by label, among them all of these
   * @throws BadDataException if one of these classes is not among {@code classes}
   */
  default LabeledImages withClasses(List<String> classes) {
    return ImageSubset.relabeled(this, classes);
  }

  /** Only these of the images, in the order given, with the same classes. */
  default LabeledImages only(List<LabeledImage> images) {
    return new ImageSubset(this, classes(), labelSets(), images);
  }

  /**
   * Each image, followed by random views of it that are images of their own; views that were there
   * before are replaced. Views belong to training: draw them from a set that has been split.
   *
   * @param count how many images become of each, the plain one included; with 1 it stays alone
   * @param seed the same seed and the same files give the same views on every machine
   * @throws io.graft.runtime.InvalidOptionException if the count is less than 1, or more than 1 of
   *     an augmentation that changes nothing
   */
  default LabeledImages withViews(Augmentation augmentation, int count, long seed) {
    return ImageSubset.withViews(this, augmentation, count, seed);
  }

  private static boolean requireExists(Path folderOrTable) {
    if (Files.isDirectory(folderOrTable)) {
      return true;
    }
    if (Files.exists(folderOrTable)) {
      return false;
    }
    throw new BadDataException(
        "No such folder or table: "
            + folderOrTable
            + ". Expected a folder with one folder of images per class, or a CSV table with the"
            + " columns path,label. Check the spelling and the current folder.");
  }
}
