package io.graft.data;

import io.graft.data.listing.ClassNames;
import io.graft.image.Augmentation;
import io.graft.runtime.BadDataException;
import io.graft.runtime.InvalidOptionException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The labelled images of a folder or a table, listed but not yet read. The order of the classes and
 * images depends only on their names, so it is the same on every machine and file system.
 */
public sealed interface LabeledImages
    permits ImageFolder, ImageTable, ImageSubset, UnlabeledImages {

  /** Returns the names of the classes. */
  List<String> classes();

  /** Returns the classes that each label stands for: one class, or a set of classes. */
  default LabelSets labelSets() {
    return LabelSets.singleLabel(classes().size());
  }

  /** Returns the classes of an image as ascending positions in {@link #classes()}. */
  default List<Integer> classesOf(LabeledImage image) {
    return labelSets().sets().get(image.label());
  }

  /**
   * Returns the images in code-point order of {@link #relativePath}. The views of a file follow
   * each other by number.
   */
  List<LabeledImage> images();

  /** Returns the folder or table that was opened, as the caller named it. */
  Path source();

  /**
   * Returns the number of entries of the {@link #source} that are not used: hidden files and
   * folders, files that are not images, files outside of a class, and repeated rows. A subset
   * returns the number of the whole listing.
   */
  int passedOver();

  /**
   * Returns how many files the folder has of each format that Graft knows but does not read, such
   * as HEIC. They are among {@link #passedOver()}.
   */
  default Map<String, Integer> notRead() {
    return Map.of();
  }

  /** Returns lines for people about what was found and not used, or joined. */
  default List<String> notes() {
    return List.of();
  }

  /**
   * Returns the path of an image relative to the folder that was opened, or to the table's folder.
   * It has {@code /} between names on every platform. An image elsewhere has its absolute path.
   */
  String relativePath(LabeledImage image);

  /**
   * Returns what an image is for, if the table has a column that says so: {@code train}, {@code
   * validation} or {@code test}.
   */
  default Optional<String> partOf(LabeledImage image) {
    return Optional.empty();
  }

  /**
   * Returns the group of an image, such as a patient or a place, if the table has groups. {@link
   * #split} and {@link #folds} keep the images of a group together.
   */
  default Optional<String> groupOf(LabeledImage image) {
    return Optional.empty();
  }

  /**
   * Lists a folder that has one folder of images per class, or a CSV table of images and labels.
   *
   * @throws BadDataException if the folder or table does not exist, cannot be read, has fewer than
   *     two classes (or none, for multi-label images), has a class without images, or has one
   *     folder per part, such as {@code train} and {@code val}, which {@link DataParts#open} takes
   */
  static LabeledImages open(Path folderOrTable) {
    return open(folderOrTable, TableFormat.defaults());
  }

  /**
   * Lists a folder, or a table that is written in this format.
   *
   * @throws BadDataException as {@link #open(Path)}
   * @throws InvalidOptionException if this is a folder and the format is not the default
   */
  static LabeledImages open(Path folderOrTable, TableFormat format) {
    return open(folderOrTable, ListingOptions.of(format));
  }

  /** Lists like {@link #open(Path, TableFormat)} what the options do not pass over. */
  static LabeledImages open(Path folderOrTable, ListingOptions options) {
    return options.isFolder(folderOrTable)
        ? ImageFolder.open(folderOrTable, options)
        : ImageTable.open(folderOrTable, options);
  }

  /**
   * Lists a folder or table like {@link #open(Path)}, and takes every subfolder as a class, even if
   * they have the names of parts.
   */
  static LabeledImages openClasses(Path folderOrTable) {
    return openClasses(folderOrTable, ListingOptions.DEFAULT);
  }

  /** Lists like {@link #openClasses(Path)} what the options do not pass over. */
  static LabeledImages openClasses(Path folderOrTable, ListingOptions options) {
    return options.isFolder(folderOrTable)
        ? ImageFolder.openClasses(folderOrTable, options)
        : ImageTable.open(folderOrTable, options);
  }

  /**
   * Lists a folder or a table whose classes are known, such as validation images. Some classes may
   * be missing or empty.
   *
   * @param knownClasses the classes in the order of their labels; they become {@link #classes()}
   * @throws BadDataException if the folder or table does not exist, cannot be read, has an unknown
   *     class, or has no image
   */
  static LabeledImages open(Path folderOrTable, List<String> knownClasses) {
    return open(folderOrTable, TableFormat.defaults(), knownClasses);
  }

  /**
   * Lists a folder, or a table that is written in this format, whose classes are known.
   *
   * @throws BadDataException as {@link #open(Path, List)}
   * @throws InvalidOptionException if this is a folder and the format is not the default
   */
  static LabeledImages open(Path folderOrTable, TableFormat format, List<String> knownClasses) {
    return open(folderOrTable, ListingOptions.of(format), knownClasses);
  }

  /** Lists like {@link #open(Path, TableFormat, List)} what the options do not pass over. */
  static LabeledImages open(Path folderOrTable, ListingOptions options, List<String> knownClasses) {
    boolean folder = options.isFolder(folderOrTable);
    if (folder) {
      SplitFolders.find(folderOrTable, options)
          .filter(found -> !found.areClasses(knownClasses))
          .ifPresent(
              found -> {
                throw found.refusal();
              });
    }
    LabeledImages listed =
        folder ? ImageFolder.list(folderOrTable, options) : ImageTable.list(folderOrTable, options);
    LabeledImages known = listed.withClasses(knownClasses);
    if (known.images().isEmpty()) {
      throw new BadDataException(
          ("No images in %s: received %s files that are hidden, no images, or in no class.%s"
                  + " Expected at least one image of these classes: %s. Put images into a folder with"
                  + " the name of their class.")
              .formatted(
                  folderOrTable,
                  listed.passedOver(),
                  ImageFolder.sentences(listed.notes()),
                  ClassNames.list(knownClasses)));
    }
    return known;
  }

  /**
   * Lists images without labels and classes: the given files in their order, which may be missing,
   * and the images in and below the given folders, in code-point order of their paths.
   */
  static LabeledImages unlabeled(List<Path> filesAndFolders) {
    return UnlabeledImages.list(filesAndFolders, ListingOptions.DEFAULT);
  }

  /**
   * Returns whether a folder has folders of classes. Returns true for a table, and false for an
   * image and for a folder whose images are in no folder below it.
   */
  static boolean hasLabels(Path path, ListingOptions options) {
    return UnlabeledImages.hasLabels(path, options);
  }

  /** Lists the images of a folder and the folders below it, or of a table, without labels. */
  static LabeledImages openUnlabeled(Path path, ListingOptions options) {
    return UnlabeledImages.open(path, options);
  }

  /**
   * Splits the images at random into two parts. Both parts keep the order of this listing. A class
   * of n images gives round(validationFraction * n) of them to validation, with at least one image
   * in each part. A class with a single image keeps it in training. The split of a class does not
   * depend on the other classes. The views of a file stay together and count as one image.
   *
   * <p>Multi-label images are split by iterative stratification (Sechidis, Tsoumakas and Vlahavas,
   * On the Stratification of Multi-Label Data, ECML PKDD 2011). Each class gives about that
   * fraction of its images to validation, and every class has an image in training.
   *
   * <p>Images with {@linkplain #groupOf groups} are split by whole groups. Validation gets about
   * that fraction of each class and of all images, as near as a hill climb over the groups comes.
   *
   * @param validationFraction the fraction of images to validate on, between 0 and 1, exclusive
   * @param seed the seed; the same seed and paths give the same split on every machine
   * @throws InvalidOptionException if the fraction is not between 0 and 1
   * @throws BadDataException if no class can give an image to validation
   */
  default Split split(double validationFraction, long seed) {
    return ImageSplits.split(this, validationFraction, seed);
  }

  /**
   * Splits the images at random for k-fold cross-validation. Every image validates in one split and
   * trains in all others. The images of a class are spread over the splits as evenly as possible,
   * and so are all images together. The views of a file stay together and count as one image. The
   * images keep the order of this listing.
   *
   * <p>Images with {@linkplain #groupOf groups} are spread by whole groups, as scikit-learn's
   * {@code StratifiedGroupKFold} does: classes only as evenly as the groups allow.
   *
   * @param count the number of splits, at least 2
   * @param seed the seed; the same seed and images give the same splits on every machine
   * @throws InvalidOptionException if the count is less than 2 or larger than the largest class or
   *     than the number of groups, or if these are multi-label images
   * @throws BadDataException if a class has fewer than two images or groups
   */
  default List<Split> folds(int count, long seed) {
    return ImageSplits.folds(this, count, seed);
  }

  /**
   * Returns the same images with labels that are positions in another list of classes. Classes are
   * matched by name.
   *
   * @param classes the classes in the order of their labels; must contain all classes of this
   *     listing
   * @throws BadDataException if {@code classes} lacks a class of this listing
   */
  default LabeledImages withClasses(List<String> classes) {
    return ImageSubset.relabeled(this, classes);
  }

  /** Returns some of the images, in the given order, with the same classes. */
  default LabeledImages only(List<LabeledImage> images) {
    return new ImageSubset(this, classes(), labelSets(), images);
  }

  /**
   * Returns each image followed by random views of it. They replace the views that the listing has
   * now. Each view is an image of the result. Split first, then add views to the training part.
   *
   * @param count the number of views of each image, including the plain image, at least 1
   * @param seed the seed; the same seed and files give the same views on every machine
   * @throws InvalidOptionException if the count is less than 1, or more than 1 with an augmentation
   *     that changes nothing
   */
  default LabeledImages withViews(Augmentation augmentation, int count, long seed) {
    return ImageSubset.withViews(this, augmentation, count, seed);
  }
}
