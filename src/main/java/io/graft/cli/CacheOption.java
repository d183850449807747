package io.graft.cli;

import io.graft.features.FeatureCache;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where a command looks for features that were computed before, and keeps new ones. */
final class CacheOption {

  private static final String OFF = "off";

  @Option(
      names = "--cache",
      paramLabel = "DIR|off",
      description =
          "Where features are looked for and kept; features in Graft's cache folder if absent. With"
              + " off every picture is computed and nothing is kept.")
  private String cache;

  FeatureCache resolve() {
    if (cache == null) {
      return FeatureCache.standard();
    }
    return cache.equals(OFF) ? FeatureCache.off() : FeatureCache.at(Path.of(cache));
  }
}
