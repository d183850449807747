package io.graft.runtime;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Writes files and folders whole or not at all. The content is written to a temporary file or
 * folder next to the target, synced to the disk and then renamed. An interrupted process removes
 * its temporary files. A killed process can leave a hidden temporary file, but no partial result.
 */
public final class DurableFiles {

  private static final Set<Path> UNFINISHED = ConcurrentHashMap.newKeySet();

  private static final Set<Runnable> LAST_WORK = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(DurableFiles::removeUnfinished, "graft-remove-unfinished"));
  }

  private DurableFiles() {}

  /** Writes the content of a file or folder to a given path. */
  @FunctionalInterface
  public interface Content {
    /** Creates a file or folder at {@code path}, where nothing exists yet. */
    void writeTo(Path path) throws IOException;
  }

  /**
   * Writes one file durably. Replaces an existing file in one step.
   *
   * @throws OutputException if the file cannot be written; an existing file is then unchanged
   */
  public static void writeFile(Path file, Content content) {
    Path temporary = temporarySibling(file);
    try {
      Files.createDirectories(temporary.getParent());
      content.writeTo(temporary);
      sync(temporary);
      moveAtomically(temporary, file);
      syncFolder(file.toAbsolutePath().getParent());
    } catch (IOException e) {
      throw cannotWrite(file, e);
    } finally {
      removeTemporary(temporary);
    }
  }

  /**
   * Writes one folder durably. Renames an existing folder of that name first and removes it last.
   * So the old or the new folder is always on the disk.
   *
   * @throws OutputException if the folder cannot be written; an existing folder is then unchanged
   */
  public static void writeFolder(Path folder, Content content) {
    Path temporary = temporarySibling(folder);
    Path replaced = temporary.resolveSibling(temporary.getFileName() + ".replaced");
    try {
      Files.createDirectories(temporary.getParent());
      content.writeTo(temporary);
      syncTree(temporary);
      exchange(temporary, folder, replaced);
      syncFolder(folder.toAbsolutePath().getParent());
    } catch (IOException e) {
      throw cannotWrite(folder, e);
    } finally {
      removeTemporary(temporary);
    }
    deleteQuietly(replaced);
  }

  /**
   * Writes one folder durably, or leaves the folder of that name that another process wrote in the
   * meantime, and may already read.
   *
   * @throws OutputException if the folder cannot be written
   */
  public static void writeNewFolder(Path folder, Content content) {
    Path temporary = temporarySibling(folder);
    try {
      Files.createDirectories(temporary.getParent());
      content.writeTo(temporary);
      syncTree(temporary);
      try {
        moveAtomically(temporary, folder);
      } catch (IOException e) {
        if (!Files.isDirectory(folder)) {
          throw e;
        }
      }
      syncFolder(folder.toAbsolutePath().getParent());
    } catch (IOException e) {
      throw cannotWrite(folder, e);
    } finally {
      removeTemporary(temporary);
    }
  }

  /**
   * Checks that a later {@link #writeFile} can succeed.
   *
   * @param bytes the size that the file will have at least
   * @throws OutputException if its folder is not writable, or {@code file} is not a regular file
   */
  public static void requireWritableFile(Path file, long bytes) {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new OutputException(
          file
              + (Files.isDirectory(file) ? " is a folder" : " is a device or a pipe")
              + " and is left as it is. Expected the name of a file.");
    }
    requireWritable(file);
    Optional<String> lack = Folders.lackOfRoom(file, bytes);
    if (lack.isPresent()) {
      throw cannotWrite(file, new IOException(lack.get()));
    }
  }

  /**
   * Checks that a later {@link #writeFile} or {@link #writeFolder} can succeed, and that an
   * existing folder is writable. Leaves no files.
   *
   * @throws OutputException if the parent of {@code target} or {@code target} is not writable
   */
  public static void requireWritable(Path target) {
    Path parent = target.toAbsolutePath().normalize().getParent();
    try {
      if (parent == null) {
        throw new IOException("it is the root of the file system");
      }
      Folders.probe(parent);
      if (Files.isDirectory(target)) {
        Folders.probe(target);
      }
    } catch (IOException e) {
      throw cannotWrite(target, e);
    }
  }

  /** Creates a temporary folder, which {@link #removeTemporary} or the process's end removes. */
  public static Path temporaryFolder(String prefix) throws IOException {
    Path folder = Files.createTempDirectory(prefix);
    UNFINISHED.add(folder);
    return folder;
  }

  /** Deletes a file or a whole folder; leaves what cannot be deleted. */
  public static void deleteQuietly(Path path) {
    try {
      for (Path each : childrenFirst(path)) {
        Files.deleteIfExists(each);
      }
    } catch (NoSuchFileException e) {
      // Something else has already deleted it.
    } catch (IOException e) {
      // The remaining temporary files are hidden and harmless.
    }
  }

  private static List<Path> childrenFirst(Path root) throws IOException {
    try (Stream<Path> tree = Files.walk(root)) {
      return tree.sorted(Comparator.reverseOrder()).toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static void exchange(Path temporary, Path folder, Path replaced) throws IOException {
    // Shutdown waits for this lock, so it happens before the first rename or after both.
    synchronized (UNFINISHED) {
      boolean replaces = Files.exists(folder);
      if (replaces) {
        moveAtomically(folder, replaced);
      }
      try {
        moveAtomically(temporary, folder);
      } catch (IOException e) {
        if (replaces) {
          moveAtomically(replaced, folder);
        }
        throw e;
      }
    }
  }

  /** Registers work to do when the process exits, before temporary siblings are removed. */
  public static void atExit(Runnable work) {
    LAST_WORK.add(work);
  }

  /** Unregisters work that was registered with {@link #atExit}. */
  public static void notAtExit(Runnable work) {
    LAST_WORK.remove(work);
  }

  private static void removeUnfinished() {
    LAST_WORK.forEach(Runnable::run);
    synchronized (UNFINISHED) {
      UNFINISHED.forEach(DurableFiles::deleteQuietly);
    }
  }

  static Path temporarySibling(Path target) {
    Path absolute = target.toAbsolutePath().normalize();
    Path temporary =
        absolute.resolveSibling(
            ".%s.%s-%x.tmp"
                .formatted(
                    absolute.getFileName(), ProcessHandle.current().pid(), System.nanoTime()));
    UNFINISHED.add(temporary);
    return temporary;
  }

  /** Removes a temporary file or folder and everything in it. */
  public static void removeTemporary(Path temporary) {
    deleteQuietly(temporary);
    UNFINISHED.remove(temporary);
  }

  static void moveAtomically(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      throw new IOException("the file system cannot rename " + from + " in one step", e);
    }
  }

  private static void syncTree(Path folder) throws IOException {
    for (Path each : childrenFirst(folder)) {
      if (Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS)) {
        syncFolder(each);
      } else {
        sync(each);
      }
    }
  }

  static void sync(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  static void syncFolder(Path folder) {
    // Windows cannot open a folder to sync it. It journals renames instead.
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // The data is already on the disk. The system writes the new name to the disk later.
    }
  }

  static OutputException cannotWrite(Path target, IOException cause) {
    return new OutputException(
        ("Cannot write %s: %s. Expected a place with write permission and enough free space. Name"
                + " another place, or make room there.")
            .formatted(target, FileFailure.reason(cause)),
        cause);
  }
}
