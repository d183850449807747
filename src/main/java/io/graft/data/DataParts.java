package io.graft.data;

import io.graft.data.listing.Part;
import io.graft.runtime.BadDataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The images of a training by their use. The validation and test images have classes of the images
 * to train on.
 *
 * <pre>{@code
 * DataParts parts = DataParts.open(Path.of("flowers")); // with the folders train, val and test
 * Fit fit = learner.fit(parts.train(), parts.validation(), FitOptions.defaults(), listener);
 * }</pre>
 *
 * @param train the images to train on
 * @param validation the images to validate on after every epoch
 * @param test the images to evaluate the trained model on
 * @param folders the folders of the parts; empty if the images were not in such folders
 */
public record DataParts(
    LabeledImages train,
    Optional<LabeledImages> validation,
    Optional<LabeledImages> test,
    Optional<Folders> folders) {

  /**
   * Checks that every component is present, and that no group is in two parts.
   *
   * @throws BadDataException if a group is in two parts
   */
  public DataParts {
    Objects.requireNonNull(folders, "folders");
    ImageGroups.requireApart(all(train, validation, test));
  }

  /**
   * The names of the folders that the parts were found in.
   *
   * @param validation the folder of the validation images; empty if they are from elsewhere
   * @param test the folder of the test images
   * @param unused the folders that are not used
   */
  public record Folders(
      String train, Optional<String> validation, Optional<String> test, List<Unused> unused) {

    /** A folder that is not used, and why. */
    public record Unused(String name, String reason) {}

    /** Copies the list. */
    public Folders {
      unused = List.copyOf(unused);
    }

    private Folders withoutValidation() {
      List<Unused> more = new ArrayList<>(unused);
      validation.ifPresent(
          name -> more.add(new Unused(name, "the validation images were chosen otherwise")));
      return new Folders(train, Optional.empty(), test, more);
    }
  }

  /**
   * Lists a folder or a table to train on. A folder may be divided into the folders {@code train}
   * (or {@code training}), {@code val} (or {@code valid}, {@code validation}, {@code dev}) and
   * {@code test} (or {@code testing}), in any case of letters, with one folder of images per class
   * in each. It is divided if it has the first and one of the others, and no folder of another
   * name. A folder {@code test} without folders of classes is not used.
   *
   * @throws BadDataException if the folder or table cannot be used, as in {@link
   *     LabeledImages#open(Path)}; if two folders are the same part; or if the validation or test
   *     images have a class that the images to train on do not have
   */
  public static DataParts open(Path folderOrTable) {
    return open(folderOrTable, TableFormat.defaults());
  }

  /**
   * Lists a folder like {@link #open(Path)}, or a table that is written in this format. Its column
   * for the split names the use of each image: {@code train} (or {@code training}), {@code
   * validation} (or {@code val}, {@code valid}, {@code dev}) or {@code test} (or {@code testing}).
   */
  public static DataParts open(Path folderOrTable, TableFormat format) {
    return open(folderOrTable, ListingOptions.of(format));
  }

  /** Lists like {@link #open(Path, TableFormat)} what the options do not pass over. */
  public static DataParts open(Path folderOrTable, ListingOptions options) {
    return SplitFolders.find(folderOrTable, options)
        .map(
            found -> {
              options.table().requireDefault(folderOrTable);
              return of(found, options);
            })
        .orElseGet(() -> of(LabeledImages.open(folderOrTable, options)));
  }

  /**
   * Returns images by their use, if they are from a table with a column that says so. Otherwise all
   * are to be trained on.
   */
  public static DataParts of(LabeledImages images) {
    return images instanceof ImageTable table && !table.parts().isEmpty()
        ? new DataParts(
            table.trained(), table.part(Part.VALIDATION), table.part(Part.TEST), Optional.empty())
        : new DataParts(images, Optional.empty(), Optional.empty(), Optional.empty());
  }

  private static DataParts of(SplitFolders found, ListingOptions options) {
    Function<Path, ListingOptions> below = folder -> options.below(SplitFolders.name(folder));
    LabeledImages train = ImageFolder.openClasses(found.train(), below.apply(found.train()));
    return new DataParts(
        train,
        found
            .validation()
            .map(folder -> LabeledImages.open(folder, below.apply(folder), train.classes())),
        found
            .test()
            .map(folder -> LabeledImages.open(folder, below.apply(folder), train.classes())),
        Optional.of(
            new Folders(
                SplitFolders.name(found.train()),
                found.validation().map(SplitFolders::name),
                found.test().map(SplitFolders::name),
                found.unlabeled().stream()
                    .map(
                        folder ->
                            new Folders.Unused(
                                SplitFolders.name(folder), "it has no class folders"))
                    .toList())));
  }

  /**
   * Returns whether the classes have the names of two parts, such as {@code train} and {@code val},
   * so that the folders of a training may have been taken as classes.
   */
  public boolean classesAreNamedAsParts() {
    return SplitFolders.areParts(train.classes());
  }

  /** Returns the training images, then the validation and test images if there are any. */
  public List<LabeledImages> all() {
    return all(train, validation, test);
  }

  private static List<LabeledImages> all(
      LabeledImages train, Optional<LabeledImages> validation, Optional<LabeledImages> test) {
    return Stream.of(Optional.of(train), validation, test).flatMap(Optional::stream).toList();
  }

  /** Returns these parts with other validation images, which do not replace training images. */
  public DataParts withValidation(Optional<LabeledImages> other) {
    return new DataParts(train, other, test, folders.map(Folders::withoutValidation));
  }

  /**
   * Returns these parts with a fraction of the training images as the validation images.
   *
   * @see LabeledImages#split
   */
  public DataParts split(double validationFraction, long seed) {
    Split split = train.split(validationFraction, seed);
    return new DataParts(
        split.train(),
        Optional.of(split.validation()),
        test,
        folders.map(Folders::withoutValidation));
  }

  @Override
  public String toString() {
    return "DataParts[%d training images, %d validation images, %d test images]"
        .formatted(train.images().size(), count(validation), count(test));
  }

  private static int count(Optional<LabeledImages> images) {
    return images.map(each -> each.images().size()).orElse(0);
  }
}
