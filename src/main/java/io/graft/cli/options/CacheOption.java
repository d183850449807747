package io.graft.cli.options;

import io.graft.cli.report.Console;
import io.graft.features.FeatureCache;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where a command looks for features that were computed before, and keeps new ones. */
public final class CacheOption {

  private static final String OFF = "off";

  @Option(
      names = "--cache",
      paramLabel = "DIR|off",
      description =
          "Where features are looked for and kept; features in Graft's cache folder if absent. With"
              + " off every picture is computed and nothing is kept.")
  private String cache;

  @Option(
      names = "--cache-limit",
      paramLabel = "SIZE",
      converter = ByteSize.Converter.class,
      description =
          "The most that features of one set of pictures may add, such as 20GB; beyond it they are"
              + " computed again in every epoch. No limit if absent, 1 GiB with --cache off.")
  private Long limit;

  /** Returns the place after trying it; says so where rows will not be kept. */
  public FeatureCache resolve(Console console) {
    FeatureCache place =
        cache == null
            ? FeatureCache.standard()
            : cache.equals(OFF) ? FeatureCache.off() : FeatureCache.at(Path.of(cache));
    return (limit == null ? place : place.withMaxBytes(limit)).requireUsable(console::note);
  }
}
