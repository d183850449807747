package io.graft.zoo;

import io.graft.fetch.PublishedFile;
import io.graft.fetch.VerifiedFiles;
import io.graft.fetch.WeightCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Weights in a cache folder that pass for the published ones. */
public final class CachedWeights {

  private CachedWeights() {}

  /** Writes a file. */
  @FunctionalInterface
  public interface Content {
    /** Writes it to a path. */
    void write(Path file) throws IOException;
  }

  /**
   * Puts a file where a backbone's published one goes, with the stamp of a file that was checked.
   *
   * @param home what {@code GRAFT_HOME} is to be
   */
  public static void put(Path home, String backbone, Content content) throws IOException {
    PublishedFile published = Zoo.find(backbone).published().orElseThrow();
    Path file = new WeightCache(home.resolve("weights")).path(published);
    Files.createDirectories(file.getParent());
    content.write(file);
    VerifiedFiles.stamp(published, file);
  }
}
