package io.graft.data;

import io.graft.data.listing.ClassNames;
import io.graft.data.listing.FolderScan;
import io.graft.image.codec.ImageFormat;
import io.graft.runtime.FileKind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Images without labels, in the order of the files and folders that were named.
 *
 * @param folder the folder that relative paths start from
 */
record UnlabeledImages(
    Path source,
    Path folder,
    List<LabeledImage> images,
    int passedOver,
    Map<String, Integer> notRead,
    List<String> notes)
    implements LabeledImages {

  /** The meaning of the labels of images that have none: no class at all. */
  private static final LabelSets NO_LABELS = LabelSets.multiLabel(0, List.of(List.of()));

  UnlabeledImages {
    images = List.copyOf(images);
  }

  static UnlabeledImages list(List<Path> filesAndFolders, ListingOptions options) {
    List<LabeledImage> images = new ArrayList<>();
    Map<String, Integer> notRead = new TreeMap<>();
    List<String> notes = new ArrayList<>();
    int passedOver = 0;
    for (Path path : filesAndFolders) {
      if (!isFolder(path)) {
        images.add(new LabeledImage(path, 0));
        continue;
      }
      FolderScan scan = FolderScan.withoutClasses(path, options.ignore());
      scan.images().stream()
          .sorted((a, b) -> ClassNames.compareCodePoints(a.relativePath(), b.relativePath()))
          .forEach(found -> images.add(new LabeledImage(found.path(), 0)));
      passedOver += scan.passedOver();
      scan.notRead().forEach((format, count) -> notRead.merge(format, count, Integer::sum));
      notes.addAll(ImageFolder.notes(path, scan));
    }
    Path source = filesAndFolders.size() == 1 ? filesAndFolders.get(0) : Path.of(".");
    Path parent = source.getParent();
    Path folder = isFolder(source) ? source : parent == null ? Path.of("") : parent;
    return new UnlabeledImages(source, folder, images, passedOver, notRead, notes);
  }

  static boolean hasLabels(Path path, ListingOptions options) {
    if (!isFolder(path)) {
      return !ImageFormat.hasImageExtension(path);
    }
    return !new FolderScan(path, options.ignore()).classes().isEmpty()
        || FolderScan.withoutClasses(path, options.ignore()).images().isEmpty();
  }

  /** Lists the images of a folder, or those of a table, without their labels. */
  static LabeledImages open(Path path, ListingOptions options) {
    if (isFolder(path) || ImageFormat.hasImageExtension(path)) {
      return list(List.of(path), options);
    }
    ImageTable table = ImageTable.list(path, options);
    List<LabeledImage> images = table.images().stream().map(image -> image.withLabel(0)).toList();
    return new ImageSubset(table, List.of(), NO_LABELS, images);
  }

  /** Returns false too for a path that is out of reach, so that the loader reports it. */
  private static boolean isFolder(Path path) {
    try {
      return FileKind.of(path) == FileKind.FOLDER;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public List<String> classes() {
    return List.of();
  }

  @Override
  public LabelSets labelSets() {
    return NO_LABELS;
  }

  @Override
  public String relativePath(LabeledImage image) {
    return ImageFolder.pathBelow(folder, image.path());
  }

  @Override
  public String toString() {
    return "UnlabeledImages[%s, %d images]".formatted(source, images.size());
  }
}
