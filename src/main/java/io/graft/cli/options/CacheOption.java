package io.graft.cli.options;

import io.graft.cli.report.Console;
import io.graft.features.FeatureCache;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The feature store that a command reads from and adds to. */
public final class CacheOption {

  @Option(
      names = "--cache",
      paramLabel = "DIR|off",
      description =
          "The feature store's folder; features in Graft's cache folder if absent. With off, the"
              + " features of every image are computed and none are kept.")
  private String cache;

  @Option(
      names = "--cache-limit",
      paramLabel = "SIZE",
      converter = SizeConverter.class,
      description =
          "The most that the features of one set of images may add, such as 20GB. Features beyond it"
              + " are computed again in every epoch. No limit if absent, 1 GiB with --cache off.")
  private Long limit;

  /** The feature store that a command lists, checks or prunes. */
  public static final class Folder {

    @Option(
        names = "--cache",
        paramLabel = "DIR",
        description = "The feature store's folder; features in Graft's cache folder if absent.")
    private Path folder;

    public FeatureCache resolve() {
      return folder == null ? FeatureCache.standard() : FeatureCache.at(folder);
    }
  }

  /** Returns the store, and notes on the console if it cannot keep rows. */
  public FeatureCache resolve(Console console) {
    FeatureCache place =
        cache == null
            ? FeatureCache.standard()
            : cache.equals("off") ? FeatureCache.off() : FeatureCache.at(Path.of(cache));
    return (limit == null ? place : place.withMaxBytes(limit)).requireUsable(console::note);
  }
}
