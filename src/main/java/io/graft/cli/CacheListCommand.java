package io.graft.cli;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.graft.cli.options.CacheFolderOption;
import io.graft.cli.options.CommonOptions;
import io.graft.features.FeatureCache;
import io.graft.runtime.Bytes;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Lists what the feature store keeps. */
@Command(
    name = "list",
    sortOptions = false,
    description = "List the features that are kept, the most recently used first.")
final class CacheListCommand implements Callable<Integer> {

  private static final String ROW = "%-10s %-9s %-14s %-14s %-7s %9s %11s  %s";

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT).withZone(ZoneId.systemDefault());

  /** As many digits of a digest as people compare. */
  private static final int SHORT = 8;

  @Mixin private CacheFolderOption store;
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
    common.println(
        String.format(
            Locale.ROOT,
            ROW,
            "network",
            "weights",
            "boundary",
            "precision",
            "type",
            "rows",
            "size",
            "last used"));
    for (FeatureCache.Entry entry : entries) {
      common.println(text(entry));
    }
    return 0;
  }

  private static String text(FeatureCache.Entry entry) {
    return String.format(
        Locale.ROOT,
        ROW,
        entry.key().getOrDefault("network", "digests"),
        shortened(entry.key().getOrDefault("weights_sha256", "-"), SHORT),
        entry.key().getOrDefault("boundary", "-"),
        shortened(entry.key().getOrDefault("precision", "-"), "int8-".length() + SHORT),
        entry.key().get("dtype"),
        entry.rows(),
        Bytes.text(entry.bytes()),
        TIME.format(entry.lastUsed()));
  }

  private static String shortened(String text, int length) {
    return text.length() > length ? text.substring(0, length) : text;
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
