package io.graft.zoo;

import io.graft.fetch.PublishedFile;
import io.graft.fetch.VerifiedFiles;
import io.graft.fetch.WeightCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Puts small weight files into a cache folder in place of the published ones. */
public final class CachedWeights {

  private CachedWeights() {}

  /** The content of a file. */
  @FunctionalInterface
  public interface Content {
    /** Writes the content to a path. */
    void write(Path file) throws IOException;
  }

  /**
   * Writes a file to the path of a backbone's published weights, and marks it as verified.
   *
   * @param home the folder for {@code GRAFT_HOME}
   */
  public static void put(Path home, String backbone, Content content) throws IOException {
    PublishedFile published = Zoo.find(backbone).published().orElseThrow();
    Path file = new WeightCache(home.resolve("weights")).path(published);
    Files.createDirectories(file.getParent());
    content.write(file);
    VerifiedFiles.stamp(published, file);
  }
}
