package io.graft.cli;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.graft.cli.options.CacheOption;
import io.graft.cli.options.CommonOptions;
import io.graft.cli.options.SizeConverter;
import io.graft.features.FeatureCache;
import io.graft.runtime.BadDataException;
import io.graft.runtime.DecimalText;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Manages the feature store. */
@Command(
    name = "cache",
    mixinStandardHelpOptions = true,
    customSynopsis = "${COMMAND-FULL-NAME} COMMAND [OPTION...]",
    description = "List, check or remove the features that earlier runs stored.",
    subcommands = {
      CacheCommand.ListStore.class,
      CacheCommand.VerifyStore.class,
      CacheCommand.PruneStore.class
    })
final class CacheCommand extends CommandGroup {

  /** Lists the features in the store. */
  @Command(
      name = "list",
      sortOptions = false,
      customSynopsis = "${COMMAND-FULL-NAME} [OPTION...]",
      footer = {"", "Example:", "  ${ROOT-COMMAND-NAME} cache list"},
      description = "List the stored features, the most recently used first.")
  static final class ListStore implements Callable<Integer> {

    /** Shows eight digits of a digest, in {@code weights} and after {@code int8-}. */
    private static final String ROW = "%-10s %-9.8s %-14s %-14.13s %-7s %9s %11s  %s";

    private static final DateTimeFormatter TIME =
        DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT)
            .withZone(ZoneId.systemDefault());

    @Mixin private CacheOption.Folder store;
    @Mixin private CommonOptions common;

    @Override
    public Integer call() {
      FeatureCache cache = store.resolve();
      List<FeatureCache.Entry> entries = cache.list();
      if (common.json) {
        JsonArray rows = new JsonArray();
        entries.forEach(entry -> rows.add(json(entry)));
        JsonObject json = new JsonObject();
        json.addProperty("path", cache.folder().orElseThrow().toString());
        json.add("features", rows);
        common.print(json);
        return 0;
      }
      common.printLine(
          ROW, "network", "weights", "boundary", "precision", "type", "rows", "size", "last used");
      for (FeatureCache.Entry entry : entries) {
        common.printLine(
            ROW,
            entry.key().getOrDefault("network", "digests"),
            entry.key().getOrDefault("weights_sha256", "-"),
            entry.key().getOrDefault("boundary", "-"),
            entry.key().getOrDefault("precision", "-"),
            entry.key().get("dtype"),
            entry.rows(),
            DecimalText.bytes(entry.bytes()),
            TIME.format(entry.lastUsed()));
      }
      return 0;
    }

    private static JsonObject json(FeatureCache.Entry entry) {
      JsonObject json = new JsonObject();
      json.addProperty("id", entry.id());
      json.add("key", new Gson().toJsonTree(entry.key()));
      json.addProperty("shards", entry.shards());
      json.addProperty("rows", entry.rows());
      json.addProperty("size_bytes", entry.bytes());
      json.addProperty("last_used", entry.lastUsed().toString());
      return json;
    }
  }

  /** Checks the store against its checksums. */
  @Command(
      name = "verify",
      sortOptions = false,
      customSynopsis = "${COMMAND-FULL-NAME} [OPTION...]",
      footer = {"", "Example:", "  ${ROOT-COMMAND-NAME} cache verify"},
      description =
          "Check every byte of the stored features. Damaged features are removed, and computed"
              + " again when they are needed.")
  static final class VerifyStore implements Callable<Integer> {

    @Mixin private CacheOption.Folder store;
    @Mixin private CommonOptions common;

    @Override
    public Integer call() {
      FeatureCache cache = store.resolve();
      List<String> damaged = cache.verify();
      int shards = cache.list().stream().mapToInt(FeatureCache.Entry::shards).sum();
      if (common.json) {
        JsonObject json = new JsonObject();
        json.addProperty("path", cache.folder().orElseThrow().toString());
        json.addProperty("shards", shards);
        json.add("damaged", new Gson().toJsonTree(damaged));
        common.print(json);
      } else {
        common.println(shards + " files are whole in " + cache.folder().orElseThrow());
      }
      if (!damaged.isEmpty()) {
        throw new BadDataException(
            "Damaged, and removed: "
                + String.join("; ", damaged)
                + ". Check the disk. The next run that needs these features computes them again.");
      }
      return 0;
    }
  }

  /** Removes features from the store. */
  @Command(
      name = "prune",
      sortOptions = false,
      customSynopsis = "${COMMAND-FULL-NAME} --max-size SIZE [OPTION...]",
      footer = {"", "Example:", "  ${ROOT-COMMAND-NAME} cache prune --max-size 10GB"},
      description = "Remove the features that have not been used for the longest time.")
  static final class PruneStore implements Callable<Integer> {

    @Option(
        names = "--max-size",
        paramLabel = "SIZE",
        required = true,
        converter = SizeConverter.class,
        description = "How much to keep, such as 10GB, 500MiB or 0.")
    private long maxSize;

    @Mixin private CacheOption.Folder store;
    @Mixin private CommonOptions common;

    @Override
    public Integer call() {
      FeatureCache.Pruned pruned = store.resolve().prune(maxSize);
      if (common.json) {
        JsonObject json = new JsonObject();
        json.addProperty("removed_shards", pruned.shards());
        json.addProperty("removed_bytes", pruned.bytes());
        json.addProperty("size_bytes", pruned.bytesLeft());
        common.print(json);
      } else {
        common.printLine(
            "%d files removed, %s; %s are left",
            pruned.shards(),
            DecimalText.bytes(pruned.bytes()),
            DecimalText.bytes(pruned.bytesLeft()));
      }
      return 0;
    }
  }
}
