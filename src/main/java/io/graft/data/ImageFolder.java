package io.graft.data;

import io.graft.image.ImageFormat;
import io.graft.runtime.BadDataException;
import io.graft.runtime.FileFailure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

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

  private ImageFolder(Path root, Scan scan) {
    this.root = root;
    this.classes = ClassNames.sorted(scan.classes);
    this.passedOver = scan.passedOver;
    Map<String, Integer> labels = ClassNames.labels(classes);
    this.images =
        scan.images.stream()
            .sorted((a, b) -> ClassNames.compareCodePoints(a.relativePath, b.relativePath))
            .map(found -> new LabeledImage(found.path, labels.get(found.className)))
            .toList();
  }

  /**
   * Lists a folder to train on.
   *
   * @throws BadDataException if the folder does not exist, cannot be read, has fewer than two
   *     classes, or has a class without images
   */
  public static ImageFolder open(Path root) {
    Scan scan = new Scan(root);
    if (scan.classes.isEmpty()) {
      throw new BadDataException(
          ("No class folders in %s: received %s files that belong to no class. Expected one"
                  + " folder of images per class, such as %s. Move the images into folders with the"
                  + " names of their classes, or list them in a CSV table with the columns"
                  + " path,label.")
              .formatted(root, scan.passedOver, root.resolve("rose").resolve("1.jpg")));
    }
    TreeSet<String> empty = new TreeSet<>(ClassNames::compareCodePoints);
    empty.addAll(scan.classes);
    scan.images.forEach(found -> empty.remove(found.className));
    if (!empty.isEmpty()) {
      throw new BadDataException(
          ("%s: %s in %s. Expected at least one image in each class. Add images to it, or remove the"
                  + " folder.")
              .formatted(
                  empty.size() == 1 ? "A class has no images" : "Classes have no images",
                  ClassNames.list(empty),
                  root));
    }
    ImageFolder folder = new ImageFolder(root, scan);
    ClassNames.requireTwo(
        root,
        folder.classes,
        "Add a folder of images of another class, or name the parent folder.");
    return folder;
  }

  /** Lists a folder with any number of classes. Classes may be empty. */
  static ImageFolder list(Path root) {
    return new ImageFolder(root, new Scan(root));
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
  public String relativePath(LabeledImage image) {
    return pathBelow(root, image.path());
  }

  @Override
  public String toString() {
    return "ImageFolder[%s, %d classes, %d images]".formatted(root, classes.size(), images.size());
  }

  /** A search of a folder: its classes, their images, and the number of other entries. */
  private static final class Scan {

    /** The number of first bytes to read: enough for the signature of every image format. */
    private static final int HEAD_BYTES = 64;

    /**
     * The name of a tensor file, which every model, checkpoint, feature store and backbone of Graft
     * has. A killed process may have left a temporary file, whose name matches as well.
     */
    private static final Pattern TENSORS = Pattern.compile(".*\\.safetensors(\\..*\\.tmp)?");

    private final List<Found> images = new ArrayList<>();
    private final List<String> classes = new ArrayList<>();
    private int passedOver;

    /** The real paths of the folders from the root to the current one, to detect a cycle. */
    private final Set<Path> open = new HashSet<>();

    /** Whether the current subfolder of the root has a tensor file. */
    private boolean tensors;

    /** An image of a class. {@code relativePath} starts at the root and separates names by "/". */
    private record Found(String relativePath, Path path, String className) {}

    private Scan(Path root) {
      if (!Files.exists(root)) {
        throw new BadDataException(
            ("No such folder: %s. Expected a folder with one folder of images per class. Check the"
                    + " spelling and the current folder.")
                .formatted(root));
      }
      if (!Files.isDirectory(root)) {
        throw new BadDataException(
            ("Not a folder: %s is a file. Expected a folder with one folder of images per class."
                    + " Name the parent folder of the classes.")
                .formatted(root));
      }
      open.add(realPath(root));
      for (Path entry : entries(root)) {
        if (isHidden(entry) || !Files.isDirectory(entry)) {
          passedOver++;
          continue;
        }
        String name = entry.getFileName().toString();
        int before = images.size();
        tensors = false;
        searchClass(entry, name, name);
        if (images.size() > before || !tensors) {
          classes.add(name);
        }
      }
    }

    private void searchClass(Path folder, String relativePath, String className) {
      Path real = realPath(folder);
      if (!open.add(real)) {
        throw new BadDataException(
            ("The folder %s leads back to %s, which contains it. Expected folders without a"
                    + " cycle of symbolic links. Remove the link.")
                .formatted(folder, real));
      }
      for (Path entry : entries(folder)) {
        String name = entry.getFileName().toString();
        String path = relativePath + "/" + name;
        tensors |= TENSORS.matcher(name).matches();
        boolean shown = !isHidden(entry);
        if (shown && Files.isDirectory(entry)) {
          searchClass(entry, path, className);
        } else if (shown && isCandidate(entry)) {
          images.add(new Found(path, entry, className));
        } else {
          passedOver++;
        }
      }
      open.remove(real);
    }

    /**
     * Returns whether a file may be an image. A broken link with the name of an image counts as
     * one, so that the loader reports it. A pipe or a device does not, because reading it may
     * block.
     */
    private static boolean isCandidate(Path file) {
      if (!Files.isRegularFile(file)) {
        return Files.notExists(file) && ImageFormat.hasImageExtension(file);
      }
      return ImageFormat.hasImageExtension(file) || startsLikeImage(file);
    }

    private static boolean startsLikeImage(Path file) {
      try (InputStream stream = Files.newInputStream(file)) {
        return ImageFormat.sniff(stream.readNBytes(HEAD_BYTES)).isPresent();
      } catch (IOException e) {
        return false;
      }
    }

    private static boolean isHidden(Path entry) {
      try {
        return entry.getFileName().toString().startsWith(".") || Files.isHidden(entry);
      } catch (IOException e) {
        return false;
      }
    }

    private static List<Path> entries(Path folder) {
      try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
        List<Path> entries = new ArrayList<>();
        stream.forEach(entries::add);
        return entries;
      } catch (DirectoryIteratorException e) {
        throw cannotRead(folder, e.getCause());
      } catch (IOException e) {
        throw cannotRead(folder, e);
      }
    }

    private static Path realPath(Path folder) {
      try {
        return folder.toRealPath();
      } catch (IOException e) {
        throw cannotRead(folder, e);
      }
    }

    private static BadDataException cannotRead(Path folder, IOException cause) {
      return new BadDataException(
          ("Cannot read the folder %s: %s. Expected a folder that you may list. Change its"
                  + " permissions, or remove it from the data.")
              .formatted(folder, FileFailure.reason(cause)),
          cause);
    }
  }
}
