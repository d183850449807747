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
 * @param published the file as published
 * @param file its path; only a whole file with the published digest is written there
 */
record CacheSlot(PublishedFile published, Path file) {

  /** The part of the file that has arrived. */
  Path part() {
    return sibling(".part");
  }

  /** The address and the version that {@link #part} was fetched from. */
  Path partOrigin() {
    return sibling(".part.origin");
  }

  /** The lock of the fetching process. It is never deleted: that would race with waiting ones. */
  Path lock() {
    return sibling(".lock");
  }

  /** A file that had the name but another digest. */
  Path damaged() {
    return sibling(".damaged");
  }

  /**
   * The mark of a file whose digest was found right, so that not every start hashes it. It holds
   * the digest, and the file's length and time of change. If any of them differs, the file is
   * hashed again.
   */
  private Path stamp() {
    return sibling(".verified");
  }

  private Path sibling(String ending) {
    return file.resolveSibling(file.getFileName() + ending);
  }

  /** Returns the stamp that would fit the file as it is now, or null if there is no such file. */
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
      // Whatever is wrong with the stamp, hashing the file gives the answer.
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
   * Returns how to put the file there by hand, as the last sentence of an error message.
   *
   * @param source the address to fetch from: the publisher's or a mirror's
   */
  String byHand(URI source) {
    String mirror = source.equals(published.address()) ? "" : " or " + Addresses.shown(source);
    return " To put it there by hand, save %s%s (%s) as %s."
        .formatted(Addresses.shown(published.address()), mirror, published.facts(), file);
  }
}
