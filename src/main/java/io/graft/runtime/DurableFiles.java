package io.graft.runtime;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Files and folders that appear whole or not at all: written to a temporary sibling, synced to the
 * disk, then renamed. A process that is interrupted removes its temporary siblings; one that is
 * killed leaves a hidden sibling behind and never a half-written result.
 */
public final class DurableFiles {

  private static final Set<Path> UNFINISHED = ConcurrentHashMap.newKeySet();

  private static final Set<Runnable> LAST_WORK = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(DurableFiles::removeUnfinished, "graft-remove-unfinished"));
  }

  private DurableFiles() {}

  /** Writes the content of a file or folder to the path that it is given. */
  @FunctionalInterface
  public interface Content {
    /** Creates {@code path}, a file or a folder that does not exist yet. */
    void writeTo(Path path) throws IOException;
  }

  /**
   * Writes one file durably, replacing an existing one in a single step.
   *
   * @throws OutputException if the file cannot be written; an existing file is then as it was
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
      discard(temporary);
    }
  }

  /**
   * Writes one folder durably. An existing folder of that name is set aside first and removed after
   * the new one has its name, so that at every instant one of the two is on the disk.
   *
   * @throws OutputException if the folder cannot be written; an existing folder is then as it was
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
      discard(temporary);
    }
    deleteQuietly(replaced);
  }

  /**
   * Fails early where a later {@link #writeFile} could not succeed.
   *
   * @param bytes how large the file will be at least
   * @throws OutputException if nothing can be written beside it, or it is there and no file
   */
  public static void requireWritableFile(Path file, long bytes) {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new OutputException(
          file
              + (Files.isDirectory(file) ? " is a folder" : " is a device or a pipe")
              + " and is left as it is. Expected the name of a file.");
    }
    requireWritable(file);
    Folders.lackOfRoom(file, bytes)
        .ifPresent(
            reason -> {
              throw cannotWrite(file, new IOException(reason));
            });
  }

  /**
   * Fails early where a later {@link #writeFile} or {@link #writeFolder} could not succeed, or
   * files could not be made in a folder that is there. Leaves nothing behind.
   *
   * @throws OutputException if nothing can be written beside {@code target} or in it
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

  /**
   * A new folder in the platform's temporary folder, which is removed when the process is told to
   * end, or before that with {@link #removeTemporary}.
   */
  public static Path temporaryFolder(String prefix) throws IOException {
    Path folder = Files.createTempDirectory(prefix);
    UNFINISHED.add(folder);
    return folder;
  }

  /** Removes a temporary folder and everything in it. */
  public static void removeTemporary(Path folder) {
    discard(folder);
  }

  /** Deletes a file or a whole folder; what cannot be deleted is left. */
  public static void deleteQuietly(Path path) {
    try {
      Files.walkFileTree(
          path,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.deleteIfExists(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, IOException e)
                throws IOException {
              Files.deleteIfExists(folder);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (NoSuchFileException e) {
      // Already gone, which is what was wanted.
    } catch (IOException e) {
      // A left-over temporary is hidden, named after its process and harmless.
    }
  }

  private static void exchange(Path temporary, Path folder, Path replaced) throws IOException {
    // A process that is told to end does so after both renames or before the first.
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

  /**
   * Registers work that a process which is told to end still does, before the temporary siblings
   * are removed. Not done by one that is killed.
   */
  public static void atExit(Runnable work) {
    LAST_WORK.add(work);
  }

  /** Takes work back that {@link #atExit} was given. */
  public static void notAtExit(Runnable work) {
    LAST_WORK.remove(work);
  }

  private static void removeUnfinished() {
    LAST_WORK.forEach(Runnable::run);
    synchronized (UNFINISHED) {
      UNFINISHED.forEach(DurableFiles::deleteQuietly);
    }
  }

  private static Path temporarySibling(Path target) {
    Path absolute = target.toAbsolutePath().normalize();
    Path temporary =
        absolute.resolveSibling(
            "."
                + absolute.getFileName()
                + "."
                + ProcessHandle.current().pid()
                + "-"
                + Long.toHexString(System.nanoTime())
                + ".tmp");
    UNFINISHED.add(temporary);
    return temporary;
  }

  private static void discard(Path temporary) {
    deleteQuietly(temporary);
    UNFINISHED.remove(temporary);
  }

  private static void moveAtomically(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      throw new IOException("the file system cannot rename " + from + " in one step", e);
    }
  }

  private static void syncTree(Path folder) throws IOException {
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            sync(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, IOException e)
              throws IOException {
            if (e != null) {
              throw e;
            }
            syncFolder(visited);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  private static void sync(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  private static void syncFolder(Path folder) {
    // Windows cannot open a folder; there the rename itself is journalled.
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // The data is on the disk; only the moment at which its name is becomes the system's choice.
    }
  }

  private static OutputException cannotWrite(Path target, IOException cause) {
    return new OutputException(
        "Cannot write "
            + target
            + ": "
            + FileFailure.reason(cause)
            + ". Expected a place with write permission and enough free space. Name another place, or"
            + " make room there.",
        cause);
  }
}
