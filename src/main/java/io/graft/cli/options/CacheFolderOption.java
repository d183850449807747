package io.graft.cli.options;

import io.graft.features.FeatureCache;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The feature store that a command lists, checks or prunes. */
public final class CacheFolderOption {

  @Option(
      names = "--cache",
      paramLabel = "DIR",
      description = "The feature store's folder; features in Graft's cache folder if absent.")
  private Path folder;

  public FeatureCache resolve() {
    return folder == null ? FeatureCache.standard() : FeatureCache.at(folder);
  }
}
