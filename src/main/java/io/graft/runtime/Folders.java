package io.graft.runtime;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Optional;

/** Checks folders before anything is written to them. */
public final class Folders {

  private static final int BLOCK_BYTES = 4096;

  private Folders() {}

  /** Returns why a folder is not writable; empty if it is. The folder need not exist yet. */
  public static Optional<String> whyUnwritable(Path folder) {
    try {
      probe(folder);
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(FileFailure.reason(e));
    }
  }

  /** Creates and deletes a file in a folder, or in its nearest existing ancestor. */
  static void probe(Path folder) throws IOException {
    Path existing = nearestExisting(folder);
    if (!Files.isDirectory(existing)) {
      throw new NotDirectoryException(existing.toString());
    }
    try {
      Path probe = Files.createTempFile(existing, ".graft-", ".probe");
      try {
        // A full disk can still create an empty file.
        Files.write(probe, new byte[BLOCK_BYTES]);
      } finally {
        Files.delete(probe);
      }
    } catch (NoSuchFileException | AccessDeniedException e) {
      // Names the folder, not the probe. In /proc, creating a file fails with "no such file".
      throw new AccessDeniedException(existing.toString());
    }
  }

  /** Returns why a number of bytes does not fit at a place; empty if it fits. */
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

  /** Returns the path if it exists, or else its nearest existing ancestor. */
  public static Path nearestExisting(Path path) {
    Path existing = path.toAbsolutePath().normalize();
    while (!Files.exists(existing) && existing.getParent() != null) {
      existing = existing.getParent();
    }
    return existing;
  }
}
