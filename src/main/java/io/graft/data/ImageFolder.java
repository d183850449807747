package io.graft.data;

import io.graft.runtime.BadDataException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * A folder with one folder of images per class. The name of that folder is the name of the class.
 * Its subfolders are searched as well, and symbolic links are followed. A file is an image if its
 * name or its first bytes say so. A folder with safetensors files and without images is not a
 * class, so Graft's models, checkpoints and features may lie among the folders of images.
 */
public final class ImageFolder implements LabeledImages {

  private final Path root;
  private final List<String> classes;
  private final List<LabeledImage> images;
  private final int passedOver;

  ImageFolder(Path root, List<String> classes, List<LabeledImage> images, int passedOver) {
    this.root = root;
    this.classes = List.copyOf(classes);
    this.images = List.copyOf(images);
    this.passedOver = passedOver;
  }

  /**
   * Lists a folder to train on.
   *
   * @throws BadDataException if the folder does not exist, cannot be read, has fewer than two
   *     classes, or has a class without images
   */
  public static ImageFolder open(Path root) {
    FolderScan scan = FolderScan.of(root);
    if (scan.classes().isEmpty()) {
      throw new BadDataException(
          ("No class folders in %s: received %s files that belong to no class. Expected one"
                  + " folder of images per class, such as %s. Move the images into folders with the"
                  + " names of their classes, or list them in a CSV table with the columns"
                  + " path,label.")
              .formatted(root, scan.passedOver(), root.resolve("rose").resolve("1.jpg")));
    }
    TreeSet<String> empty = new TreeSet<>(ClassNames::compareCodePoints);
    empty.addAll(scan.classes());
    scan.images().forEach(found -> empty.remove(found.className()));
    if (!empty.isEmpty()) {
      throw new BadDataException(
          (empty.size() == 1 ? "A class has no images: " : "Classes have no images: ")
              + ClassNames.list(empty)
              + " in "
              + root
              + ". Expected at least one image in each class. Add images to it, or remove the"
              + " folder.");
    }
    ImageFolder folder = of(root, scan);
    ClassNames.requireTwo(
        root,
        folder.classes,
        "Add a folder of images of another class, or name the parent folder.");
    return folder;
  }

  /** Lists a folder that may have any number of classes, also empty ones. */
  static ImageFolder list(Path root) {
    return of(root, FolderScan.of(root));
  }

  private static ImageFolder of(Path root, FolderScan scan) {
    List<String> classes = ClassNames.sorted(scan.classes());
    Map<String, Integer> labels = ClassNames.labels(classes);
    List<LabeledImage> images =
        scan.images().stream()
            .sorted((a, b) -> ClassNames.compareCodePoints(a.relativePath(), b.relativePath()))
            .map(found -> new LabeledImage(found.path(), labels.get(found.className())))
            .toList();
    return new ImageFolder(root, classes, images, scan.passedOver());
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
  public String relativePath(LabeledImage image) {
    return RelativePaths.of(root, image.path());
  }

  @Override
  public String toString() {
    return "ImageFolder[%s, %d classes, %d images]".formatted(root, classes.size(), images.size());
  }
}
