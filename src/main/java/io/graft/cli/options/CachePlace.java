package io.graft.cli.options;

import io.graft.features.FeatureCache;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Which feature store a command looks after. */
public final class CachePlace {

  @Option(
      names = "--cache",
      paramLabel = "DIR",
      description = "The folder; features in Graft's cache folder if absent.")
  private Path folder;

  public FeatureCache resolve() {
    return folder == null ? FeatureCache.standard() : FeatureCache.at(folder);
  }
}
