package io.graft.fetch;

import io.graft.runtime.DurableFiles;
import io.graft.runtime.OutputException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * The place of one published file in the cache, and of the files that belong to it.
 *
 * @param published the published file
 * @param file the path of the file in the cache; only a whole file with the published digest is
 *     written there
 */
record CacheSlot(PublishedFile published, Path file) {

  /** Returns the path of the part of the file that has arrived. */
  Path part() {
    return sibling(".part");
  }

  /** Returns the path of a note about the address and the version of {@link #part}. */
  Path partOrigin() {
    return sibling(".part.origin");
  }

  /** Returns the path of the lock file. Deleting it would race with waiting processes. */
  Path lock() {
    return sibling(".lock");
  }

  /** Returns the path for a file that had the right name but another digest. */
  Path damaged() {
    return sibling(".damaged");
  }

  /**
   * Returns the path of the stamp, which says that the digest was found right, so that not every
   * start hashes the file. It holds the digest, and the file's length and time of change. If any of
   * them differs, the file is hashed again.
   */
  private Path stamp() {
    return sibling(".verified");
  }

  private Path sibling(String ending) {
    return file.resolveSibling(file.getFileName() + ending);
  }

  /** Returns the stamp that fits the file as it is now, or null if there is no such file. */
  String currentStamp() throws IOException {
    try {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      return "%s %s\nbytes %s\nchanged %s\n"
          .formatted(
              published.digest().algorithm().stampName(),
              published.digest().hex(),
              attributes.size(),
              attributes.lastModifiedTime());
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  /** Returns whether the file exists and has a stamp that fits it. */
  boolean isVerified() {
    try {
      return Files.isRegularFile(file)
          && Files.isRegularFile(stamp())
          && Files.readString(stamp()).equals(currentStamp());
    } catch (IOException e) {
      // If the stamp cannot be read, hashing the file gives the answer.
      return false;
    }
  }

  /** Writes the stamp. If that fails, the file is hashed again next time. */
  void writeStamp(String stamp) {
    try {
      DurableFiles.writeFile(stamp(), path -> Files.writeString(path, stamp));
    } catch (OutputException e) {
      deleteStamp();
    }
  }

  void deleteStamp() {
    DurableFiles.deleteQuietly(stamp());
  }

  /**
   * Returns instructions to put the file there by hand, as the last sentence of an error message.
   *
   * @param source the address to fetch from: the publisher's or a mirror's
   */
  String byHand(URI source) {
    String mirror = source.equals(published.address()) ? "" : " or " + Addresses.shown(source);
    return " To put it there by hand, save %s%s (%s) as %s."
        .formatted(Addresses.shown(published.address()), mirror, published.facts(), file);
  }
}
