package io.graft.data.listing;

import io.graft.image.codec.ImageDecoder;
import io.graft.image.codec.ImageFormat;
import io.graft.image.codec.UnreadFormat;
import io.graft.runtime.BadDataException;
import io.graft.runtime.FileFailure;
import io.graft.runtime.FileKind;
import io.graft.runtime.FileNames;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** A search of a folder: its classes, their images, and the number of other entries. */
public final class FolderScan {

  /**
   * The name of a tensor file, which every model, checkpoint, feature store and backbone of Graft
   * has. A killed process may have left a temporary file, whose name matches as well.
   */
  private static final Pattern TENSORS = Pattern.compile(".*\\.safetensors(\\..*\\.tmp)?");

  private final List<Found> images = new ArrayList<>();

  /** The folders of each class, of which a class has several if their names are equal in NFC. */
  private final Map<String, List<String>> classes = new LinkedHashMap<>();

  private final Map<String, Integer> notRead = new TreeMap<>();
  private final IgnoreRules ignored;
  private int passedOver;

  /** The real paths of the folders from the root to the current one, to detect a cycle. */
  private final Set<Path> open = new HashSet<>();

  /** Whether the current subfolder of the root has a tensor file. */
  private boolean tensors;

  /** An image of a class. {@code relativePath} starts at the root and separates names by "/". */
  public record Found(String relativePath, Path path, String className) {}

  /**
   * Searches a folder.
   *
   * @param ignore patterns of files and folders to pass over
   * @throws BadDataException if there is no such folder, or if a part of it cannot be read
   */
  public FolderScan(Path root, List<String> ignore) {
    this(root.getFileSystem(), ignore);
    switch (kind(root)) {
      case FOLDER -> {}
      case MISSING ->
          throw new BadDataException(
              ("No such folder: %s. Expected a folder with one folder of images per class. Check"
                      + " the spelling and the current folder.")
                  .formatted(root));
      default ->
          throw new BadDataException(
              ("Not a folder: %s is a file. Expected a folder with one folder of images per class."
                      + " Name the parent folder of the classes.")
                  .formatted(root));
    }
    open.add(realPath(root));
    for (Path entry : entries(root)) {
      String name = entry.getFileName().toString();
      if (ignored.ignores(entry, name) || kind(entry) != FileKind.FOLDER) {
        passedOver++;
        continue;
      }
      requireText(entry);
      int before = images.size();
      tensors = false;
      String className = ClassNames.normalized(name);
      searchClass(entry, name, className);
      if (images.size() > before || !tensors) {
        classes.computeIfAbsent(className, none -> new ArrayList<>()).add(name);
      }
    }
  }

  private FolderScan(FileSystem files, List<String> ignore) {
    ignored = new IgnoreRules(files, ignore);
  }

  /** Returns the subfolders of a folder that are not passed over. */
  public static List<Path> subfolders(Path folder, List<String> ignore) {
    IgnoreRules ignored = new IgnoreRules(folder.getFileSystem(), ignore);
    return entries(folder).stream()
        .filter(
            entry ->
                !ignored.ignores(entry, entry.getFileName().toString())
                    && kind(entry) == FileKind.FOLDER)
        .sorted()
        .toList();
  }

  /** Returns whether a subfolder is a class rather than a folder that holds a model of Graft. */
  public static boolean isClass(Path subfolder, List<String> ignore) {
    FolderScan scan = withoutClasses(subfolder, ignore);
    return !scan.images.isEmpty() || !scan.tensors;
  }

  /** Searches a folder and the folders below it for images that belong to no class. */
  public static FolderScan withoutClasses(Path root, List<String> ignore) {
    FolderScan scan = new FolderScan(root.getFileSystem(), ignore);
    scan.searchClass(root, "", "");
    return scan;
  }

  /**
   * Returns whether this is a folder rather than a table.
   *
   * @throws BadDataException if there is neither
   */
  public static boolean isFolder(Path folderOrTable) {
    try {
      FileKind kind = FileKind.of(folderOrTable);
      if (kind != FileKind.MISSING) {
        return kind == FileKind.FOLDER;
      }
    } catch (IOException e) {
      throw unreadable("the folder or table " + folderOrTable, e);
    }
    throw new BadDataException(
        ("No such folder or table: %s. Expected a folder with one folder of images per class,"
                + " or a CSV table with the columns path,label. Check the spelling and the current"
                + " folder.")
            .formatted(folderOrTable));
  }

  /** Returns the images that were found. */
  public List<Found> images() {
    return images;
  }

  /** Returns the names of the classes, also of those without images. */
  public Set<String> classes() {
    return classes.keySet();
  }

  /** Returns how many files there are of each format that is not read. */
  public Map<String, Integer> notRead() {
    return notRead;
  }

  /** Returns the classes that have several folders. */
  public List<String> joined() {
    return classes.entrySet().stream()
        .filter(each -> each.getValue().size() > 1)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Returns the number of entries that were passed over. */
  public int passedOver() {
    return passedOver;
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
      if (ignored.ignores(entry, path)) {
        passedOver++;
        continue;
      }
      if (!FileNames.holdAllLetters()) {
        requireText(entry);
      }
      FileKind kind = kind(entry);
      if (kind == FileKind.FOLDER) {
        searchClass(entry, path, className);
      } else if (isCandidate(entry, kind)) {
        images.add(new Found(path, entry, className));
      } else {
        passedOver++;
      }
    }
    open.remove(real);
  }

  /**
   * Returns whether an entry may be an image. A broken link with the name of an image counts as
   * one, so that the loader reports it. A pipe or a device does not, because reading it may block.
   */
  private boolean isCandidate(Path entry, FileKind kind) {
    return switch (kind) {
      case FILE -> ImageFormat.hasImageExtension(entry) || looksLikeImage(entry);
      case MISSING -> ImageFormat.hasImageExtension(entry);
      default -> false;
    };
  }

  /**
   * Looks at the first bytes of a file. Counts it if its format is not read. Returns true as well
   * if the file cannot be opened, so that the loader reports it.
   */
  private boolean looksLikeImage(Path file) {
    byte[] head;
    try (InputStream stream = Files.newInputStream(file)) {
      head = stream.readNBytes(ImageDecoder.HEAD_BYTES);
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
    Optional<UnreadFormat> unread = UnreadFormat.of(file, head);
    unread.ifPresent(format -> notRead.merge(format.title(), 1, Integer::sum));
    return unread.isEmpty() && ImageFormat.sniff(head).isPresent();
  }

  /** Refuses a name that Java cannot tell from others. */
  private static void requireText(Path entry) {
    FileNames.whyNotText(entry)
        .ifPresent(
            reason -> {
              throw new BadDataException("Cannot use %s: %s".formatted(entry, reason));
            });
  }

  private static FileKind kind(Path path) {
    try {
      return FileKind.of(path);
    } catch (IOException e) {
      throw cannotRead("", path, e);
    }
  }

  private static List<Path> entries(Path folder) {
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
      List<Path> entries = new ArrayList<>();
      stream.forEach(entries::add);
      return entries;
    } catch (DirectoryIteratorException e) {
      throw cannotRead("the folder ", folder, e.getCause());
    } catch (IOException e) {
      throw cannotRead("the folder ", folder, e);
    }
  }

  private static Path realPath(Path folder) {
    try {
      return folder.toRealPath();
    } catch (IOException e) {
      throw cannotRead("the folder ", folder, e);
    }
  }

  private static BadDataException cannotRead(String what, Path path, IOException cause) {
    return cause instanceof NoSuchFileException
        ? new BadDataException(
            ("Cannot read %s%s: it disappeared while the images were listed. Expected images that"
                    + " stay in their places. Run again when no other program changes the folder.")
                .formatted(what, path),
            cause)
        : unreadable(what + path, cause);
  }

  /** Returns the error for data that is out of reach, such as for lack of permission. */
  private static BadDataException unreadable(String path, IOException cause) {
    return new BadDataException(
        ("Cannot read %s: %s. Expected folders that you may list and enter. Change their"
                + " permissions, or remove them from the data.")
            .formatted(path, FileFailure.reason(cause)),
        cause);
  }
}
