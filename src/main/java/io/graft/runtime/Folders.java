package io.graft.runtime;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Optional;

/** Looks at folders before anything is written in them. */
public final class Folders {

  private static final int BLOCK_BYTES = 4096;

  private Folders() {}

  /** Returns why no file can be made in a folder, which need not exist yet; empty where one can. */
  public static Optional<String> whyUnwritable(Path folder) {
    try {
      probe(folder);
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(FileFailure.reason(e));
    }
  }

  /** Makes a file for a moment in a folder, or in the nearest one above it that exists. */
  static void probe(Path folder) throws IOException {
    Path existing = nearestExisting(folder);
    if (!Files.isDirectory(existing)) {
      throw new NotDirectoryException(existing.toString());
    }
    try {
      Path probe = Files.createTempFile(existing, ".graft-", ".probe");
      try {
        // A full disk has names left, and no block.
        Files.write(probe, new byte[BLOCK_BYTES]);
      } finally {
        Files.delete(probe);
      }
    } catch (NoSuchFileException | AccessDeniedException e) {
      // About the folder and not the probe. In /proc, a file that cannot be made is missing.
      throw new AccessDeniedException(existing.toString());
    }
  }

  /** Returns why so many bytes cannot be written at a place; empty where they can. */
  public static Optional<String> lackOfRoom(Path place, long bytes) {
    try {
      long free = Files.getFileStore(nearestExisting(place)).getUsableSpace();
      return free >= bytes
          ? Optional.empty()
          : Optional.of(Bytes.text(bytes) + " are needed and " + Bytes.text(free) + " are free");
    } catch (IOException e) {
      return Optional.of(FileFailure.reason(e));
    }
  }

  /** Returns a path that exists: this one, or else the nearest above it. */
  public static Path nearestExisting(Path path) {
    Path existing = path.toAbsolutePath().normalize();
    while (!Files.exists(existing) && existing.getParent() != null) {
      existing = existing.getParent();
    }
    return existing;
  }
}
