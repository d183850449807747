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
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The result of a search of a folder: its classes, their images, and the number of other entries.
 */
final class FolderScan {

  /** Enough for the signature of every image format. */
  private static final int HEAD_BYTES = 64;

  /**
   * A file that every model, checkpoint, feature store and backbone of Graft has. A killed process
   * may have left it unfinished.
   */
  private static final Pattern TENSORS = Pattern.compile(".*\\.safetensors(\\..*\\.tmp)?");

  private final List<Found> images = new ArrayList<>();
  private final List<String> classes = new ArrayList<>();

  /** The real paths of the folders from the root to the current one, to detect a cycle. */
  private final Set<Path> open = new HashSet<>();

  /** Whether the current folder of the root has a file of tensors. */
  private boolean tensors;

  private int passedOver;

  /**
   * An image.
   *
   * @param relativePath the path relative to the root, with {@code /} between names
   * @param className the name of the folder directly below the root
   */
  record Found(String relativePath, Path path, String className) {}

  private FolderScan() {}

  static FolderScan of(Path root) {
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
    FolderScan scan = new FolderScan();
    scan.searchRoot(root);
    return scan;
  }

  List<Found> images() {
    return images;
  }

  List<String> classes() {
    return classes;
  }

  int passedOver() {
    return passedOver;
  }

  private void searchRoot(Path root) {
    Path real = realPath(root);
    open.add(real);
    for (Path entry : entries(root)) {
      if (!isHidden(entry) && Files.isDirectory(entry)) {
        String name = entry.getFileName().toString();
        int before = images.size();
        tensors = false;
        searchClass(entry, name, name);
        if (images.size() > before || !tensors) {
          classes.add(name);
        }
      } else {
        passedOver++;
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
      String path = relativePath + "/" + entry.getFileName();
      tensors |= TENSORS.matcher(entry.getFileName().toString()).matches();
      if (isHidden(entry)) {
        passedOver++;
      } else if (Files.isDirectory(entry)) {
        searchClass(entry, path, className);
      } else if (isCandidate(entry)) {
        images.add(new Found(path, entry, className));
      } else {
        passedOver++;
      }
    }
    open.remove(real);
  }

  /**
   * Returns whether a file may be an image. A broken link with the name of an image is one, so that
   * the loader reports it. A pipe or a device is none, because reading it may block.
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
