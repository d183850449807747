package io.graft.data;

import io.graft.data.listing.ClassNames;
import io.graft.data.listing.FolderScan;
import io.graft.runtime.BadDataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A folder that has one subfolder of images per class. The name of a subfolder is the name of its
 * class. Folders inside it are searched as well, and symbolic links are followed. A file counts as
 * an image if its name or its first bytes are those of an image. A folder that has safetensors
 * files but no images is not a class, so Graft's models may lie among the classes.
 */
public final class ImageFolder implements LabeledImages {

  private final Path root;
  private final List<String> classes;
  private final List<LabeledImage> images;
  private final int passedOver;
  private final Map<String, Integer> notRead;
  private final List<String> notes;

  private ImageFolder(Path root, FolderScan scan) {
    this.root = root;
    this.classes = ClassNames.sorted(scan.classes());
    this.passedOver = scan.passedOver();
    this.notRead = Collections.unmodifiableMap(scan.notRead());
    this.notes = notes(root, scan);
    Map<String, Integer> labels = ClassNames.labels(classes);
    this.images =
        scan.images().stream()
            .sorted(
                Comparator.comparing(FolderScan.Found::relativePath, ClassNames::compareCodePoints)
                    .thenComparing(FolderScan.Found::path))
            .map(found -> new LabeledImage(found.path(), labels.get(found.className())))
            .toList();
  }

  /**
   * Lists a folder to train on.
   *
   * @throws BadDataException if the folder does not exist, cannot be read, has fewer than two
   *     classes, has a class without images, or has one folder per part, such as {@code train} and
   *     {@code val}, which {@link DataParts#open} takes
   */
  public static ImageFolder open(Path root) {
    return open(root, ListingOptions.DEFAULT);
  }

  /** Lists like {@link #open(Path)} what the options do not pass over. */
  static ImageFolder open(Path root, ListingOptions options) {
    SplitFolders.find(root, options)
        .ifPresent(
            found -> {
              throw found.refusal();
            });
    return openClasses(root, options);
  }

  /** Lists a folder to train on, and takes every subfolder as a class whatever its name is. */
  static ImageFolder openClasses(Path root, ListingOptions options) {
    FolderScan scan = new FolderScan(root, options.ignore());
    if (scan.classes().isEmpty()) {
      throw new BadDataException(
          ("No class folders in %s: received %s files that belong to no class.%s Expected one"
                  + " folder of images per class, such as %s. Move the images into folders with the"
                  + " names of their classes, or list them in a CSV table with the columns"
                  + " path,label.")
              .formatted(
                  root,
                  scan.passedOver(),
                  sentences(notes(root, scan)),
                  root.resolve("rose").resolve("1.jpg")));
    }
    TreeSet<String> empty = new TreeSet<>(ClassNames::compareCodePoints);
    empty.addAll(scan.classes());
    scan.images().forEach(found -> empty.remove(found.className()));
    if (!empty.isEmpty()) {
      throw new BadDataException(
          ("%s: %s in %s.%s Expected at least one image in each class. Add images to it, remove the"
                  + " folder, or pass it over.%s")
              .formatted(
                  empty.size() == 1 ? "A class has no images" : "Classes have no images",
                  ClassNames.list(empty),
                  root,
                  sentences(notes(root, scan)),
                  SplitFolders.areParts(List.copyOf(scan.classes()))
                      ? " Folders such as train and val are parts of the images only if no other"
                          + " folder is beside them."
                      : ""),
          "ignore");
    }
    ImageFolder folder = new ImageFolder(root, scan);
    ClassNames.requireTwo(root, folder.classes, folder.oneMore());
    return folder;
  }

  /** Returns advice for a folder of one class, whose images may lie in folders of classes. */
  private String oneMore() {
    List<Path> below = images.stream().map(image -> root.relativize(image.path())).toList();
    return below.stream().allMatch(path -> path.getNameCount() > 2)
        ? "If the folders in %s are the classes, name it. Or add a folder of images of another class."
            .formatted(root.resolve(below.get(0).getName(0)))
        : "Add a folder of images of another class, or name the parent folder.";
  }

  /** Lists a folder with any number of classes. Classes may be empty. */
  static ImageFolder list(Path root, ListingOptions options) {
    return new ImageFolder(root, new FolderScan(root, options.ignore()));
  }

  /** Returns the path below the folder, with {@code /} between names, or else the absolute path. */
  static String pathBelow(Path folder, Path path) {
    Path base = folder.toAbsolutePath().normalize();
    Path absolute = path.toAbsolutePath().normalize();
    Path shown = absolute.startsWith(base) ? base.relativize(absolute) : absolute;
    return shown.toString().replace(path.getFileSystem().getSeparator(), "/");
  }

  @Override
  public List<String> classes() {
    return classes;
  }

  @Override
  public List<LabeledImage> images() {
    return images;
  }

  @Override
  public Path source() {
    return root;
  }

  @Override
  public int passedOver() {
    return passedOver;
  }

  @Override
  public Map<String, Integer> notRead() {
    return notRead;
  }

  @Override
  public List<String> notes() {
    return notes;
  }

  static List<String> notes(Path root, FolderScan scan) {
    List<String> notes = new ArrayList<>();
    if (!scan.notRead().isEmpty()) {
      List<String> counts = new ArrayList<>();
      scan.notRead().forEach((format, count) -> counts.add(count + " " + format));
      int files = scan.notRead().values().stream().mapToInt(Integer::intValue).sum();
      notes.add(
          "%s %s in %s %s not read; convert %s to JPEG or PNG"
              .formatted(
                  String.join(", ", counts),
                  files == 1 ? "file" : "files",
                  root,
                  files == 1 ? "is" : "are",
                  files == 1 ? "it" : "them"));
    }
    if (!scan.joined().isEmpty()) {
      notes.add(
          "Folders of %s whose names differ only in their Unicode form are one class: %s"
              .formatted(root, ClassNames.list(scan.joined())));
    }
    return List.copyOf(notes);
  }

  /** Returns notes as sentences that follow another one. */
  static String sentences(List<String> notes) {
    return notes.stream().map(note -> " " + note + ".").collect(Collectors.joining());
  }

  @Override
  public String relativePath(LabeledImage image) {
    return pathBelow(root, image.path());
  }

  @Override
  public String toString() {
    return "ImageFolder[%s, %d classes, %d images]".formatted(root, classes.size(), images.size());
  }
}
