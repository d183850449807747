package io.graft.data;

import io.graft.data.listing.FolderScan;
import io.graft.data.listing.Part;
import io.graft.runtime.BadDataException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The subfolders of a folder that is divided into parts, each with one folder of images per class.
 *
 * @param unlabeled a folder of test images that has no folders of classes
 */
record SplitFolders(
    Path root,
    Path train,
    Optional<Path> validation,
    Optional<Path> test,
    Optional<Path> unlabeled) {

  /**
   * Finds the parts of a folder. It is divided if it has a folder to train on and another part, no
   * folder of another name, and folders of classes in each part. Test images without folders of
   * classes have no labels, so they are set aside. Passed-over folders do not count, and neither
   * does the case of letters.
   *
   * @return the parts; empty if the subfolders are classes
   * @throws BadDataException if two folders are the same part, or if only some parts have folders
   *     of classes
   */
  static Optional<SplitFolders> find(Path root, ListingOptions options) {
    if (!Files.isDirectory(root)) {
      return Optional.empty();
    }
    Map<Part, List<Path>> named = new EnumMap<>(Part.class);
    List<Path> others = new ArrayList<>();
    for (Path folder : FolderScan.subfolders(root, options.ignore())) {
      Part.of(name(folder))
          .map(part -> named.computeIfAbsent(part, key -> new ArrayList<>()))
          .orElse(others)
          .add(folder);
    }
    boolean divided =
        named.containsKey(Part.TRAIN)
            && named.size() > 1
            && others.stream()
                .noneMatch(
                    folder -> FolderScan.isClass(folder, options.below(name(folder)).ignore()))
            && named.values().stream()
                .flatMap(List::stream)
                .anyMatch(folder -> hasClassFolders(folder, options));
    return divided ? Optional.of(of(root, named, options)) : Optional.empty();
  }

  private static SplitFolders of(Path root, Map<Part, List<Path>> named, ListingOptions options) {
    named.values().forEach(folders -> requireOne(root, folders));
    Path train = named.get(Part.TRAIN).get(0);
    Optional<Path> validation = first(named, Part.VALIDATION);
    Optional<Path> test = first(named, Part.TEST);
    requireClassFolders(train, options);
    validation.ifPresent(folder -> requireClassFolders(folder, options));
    return new SplitFolders(
        root,
        train,
        validation,
        test.filter(folder -> hasClassFolders(folder, options)),
        test.filter(folder -> !hasClassFolders(folder, options)));
  }

  private static Optional<Path> first(Map<Part, List<Path>> named, Part part) {
    return Optional.ofNullable(named.get(part)).map(folders -> folders.get(0));
  }

  private static boolean hasClassFolders(Path folder, ListingOptions options) {
    return !FolderScan.subfolders(folder, options.below(name(folder)).ignore()).isEmpty();
  }

  private static void requireOne(Path root, List<Path> folders) {
    if (folders.size() > 1) {
      throw new BadDataException(
          ("%s has two folders for the same images: %s. Expected one of them. Merge them, or name"
                  + " the folders to use.")
              .formatted(root, list(folders)),
          "data",
          "validation",
          "no-split-folders");
    }
  }

  private static void requireClassFolders(Path folder, ListingOptions options) {
    if (!hasClassFolders(folder, options)) {
      throw new BadDataException(
          ("No class folders in %s, which lies beside folders that have some. Expected one folder"
                  + " of images per class, such as %s. Move its images into such folders, or name"
                  + " the folders to use.")
              .formatted(folder, folder.resolve("rose")),
          "data",
          "validation",
          "no-split-folders");
    }
  }

  /** Returns whether names of folders stand for two parts or more. */
  static boolean areParts(List<String> names) {
    return names.stream().map(Part::of).flatMap(Optional::stream).distinct().count() > 1;
  }

  /** Returns whether the names of the parts are names of known classes. */
  boolean areClasses(List<String> classes) {
    return folders().map(SplitFolders::name).allMatch(classes::contains);
  }

  /** Returns the error for a place where one set of images was expected. */
  BadDataException refusal() {
    return new BadDataException(
        ("%s is divided into parts: %s. Expected one folder of images per class. Name one part,"
                + " such as %s.")
            .formatted(root, list(folders().toList()), validation.or(this::test).orElse(train)),
        "no-split-folders");
  }

  private Stream<Path> folders() {
    return Stream.of(Optional.of(train), validation, test, unlabeled).flatMap(Optional::stream);
  }

  /** Returns the names of folders for people: {@code train/, val/}. */
  private static String list(List<Path> folders) {
    return folders.stream().map(folder -> name(folder) + "/").collect(Collectors.joining(", "));
  }

  static String name(Path folder) {
    return folder.getFileName().toString();
  }
}
