package io.graft.runtime;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Optional;

/** Finds the cache folder, and checks folders before anything is written to them. */
public final class Folders {

  private static final int BLOCK_BYTES = 4096;

  private Folders() {}

  /**
   * Returns the folder for everything that Graft can compute or download again: the one that {@code
   * GRAFT_HOME} names, or else {@code graft} in the platform's cache folder. It need not exist yet.
   *
   * @throws OutputException if its name has letters that the locale lacks
   */
  public static Path cache() {
    return cache(HostEnvironment.current());
  }

  static Path cache(HostEnvironment host) {
    try {
      return named(host);
    } catch (InvalidPathException e) {
      throw new OutputException(
          ("The cache folder %s cannot be used: %s. Expected a path in %s, the character set of the"
                  + " locale. %s")
              .formatted(e.getInput(), e.getReason(), FileNames.charset(), FileNames.remedy()),
          e);
    }
  }

  private static Path named(HostEnvironment host) {
    String named = host.variable("GRAFT_HOME");
    if (named != null) {
      return Path.of(named).toAbsolutePath().normalize();
    }
    Path home = Path.of(host.properties().apply("user.home"));
    if (!home.isAbsolute()) {
      // Without a home folder, Java says "?". Debian uses this path for such users.
      home = Path.of("/nonexistent");
    }
    return switch (host.os()) {
      case MAC -> home.resolve("Library/Caches/graft");
      case WINDOWS -> {
        String local = host.variable("LOCALAPPDATA");
        Path base = local == null ? home.resolve("AppData/Local") : Path.of(local);
        yield base.resolve("graft");
      }
      default -> {
        // The XDG base directory specification says to ignore relative paths.
        String cache = host.variable("XDG_CACHE_HOME");
        boolean usable = cache != null && Path.of(cache).isAbsolute();
        yield (usable ? Path.of(cache) : home.resolve(".cache")).resolve("graft");
      }
    };
  }

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
      // Name the folder, not the probe. In /proc, the system reports "no such file" instead.
      throw new AccessDeniedException(existing.toString());
    }
  }

  /** Returns why a number of bytes does not fit on the disk of a path, or empty if they fit. */
  public static Optional<String> lackOfRoom(Path place, long bytes) {
    try {
      long free = Files.getFileStore(nearestExisting(place)).getUsableSpace();
      return free >= bytes
          ? Optional.empty()
          : Optional.of(
              DecimalText.bytes(bytes)
                  + " are needed and "
                  + DecimalText.bytes(free)
                  + " are free");
    } catch (IOException e) {
      return Optional.of(FileFailure.reason(e));
    }
  }

  /** Returns the path if it exists. Otherwise, returns its nearest existing ancestor. */
  public static Path nearestExisting(Path path) {
    Path existing = path.toAbsolutePath().normalize();
    while (!Files.exists(existing) && existing.getParent() != null) {
      existing = existing.getParent();
    }
    return existing;
  }
}
