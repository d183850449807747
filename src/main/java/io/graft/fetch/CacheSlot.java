package io.graft.fetch;

import java.nio.file.Path;

/**
 * The place of one published file in the cache, and of what belongs to it.
 *
 * @param published the file as published
 * @param file where it lies once it is whole and has the published digest; never anything less
 */
public record CacheSlot(PublishedFile published, Path file) {

  /** As much of the file as has arrived. */
  Path part() {
    return sibling(".part");
  }

  /** Which version of which address {@link #part} was fetched from. */
  Path partOrigin() {
    return sibling(".part.origin");
  }

  /**
   * Locked by the process that fetches. Stays, since removing it would race with those who wait.
   */
  Path lock() {
    return sibling(".lock");
  }

  /** Says that the file was checked, so that not every start hashes it. */
  Path stamp() {
    return sibling(".verified");
  }

  /** A file that had the name and not the digest. */
  Path damaged() {
    return sibling(".damaged");
  }

  private Path sibling(String ending) {
    return file.resolveSibling(file.getFileName() + ending);
  }
}
