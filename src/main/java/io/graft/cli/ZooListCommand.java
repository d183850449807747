package io.graft.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.graft.cli.options.CommonOptions;
import io.graft.fetch.PublishedFile;
import io.graft.fetch.WeightCache;
import io.graft.zoo.BackboneSpec;
import io.graft.zoo.Zoo;
import java.nio.file.Files;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Lists the backbones. */
@Command(
    name = "list",
    description = "List the networks, their published weights, and which are on this machine.")
final class ZooListCommand implements Callable<Integer> {

  private static final double BYTES_PER_MIB = 1 << 20;

  @Mixin private CommonOptions common;

  @Override
  public Integer call() {
    WeightCache cache = new WeightCache();
    if (common.json) {
      JsonArray rows = new JsonArray();
      Zoo.backbones().forEach(backbone -> rows.add(json(backbone, cache)));
      JsonObject json = new JsonObject();
      json.add("backbones", rows);
      common.print(json);
      return 0;
    }
    String row = "%-19s %11s  %-13s %-12s %9s  %-4s  %s";
    common.println(
        String.format(
            Locale.ROOT,
            row,
            "name",
            "parameters",
            "ImageNet",
            "licence",
            "size",
            "here",
            "published weights"));
    for (BackboneSpec backbone : Zoo.backbones()) {
      common.println(
          String.format(
              Locale.ROOT,
              row,
              backbone.name(),
              parameters(backbone),
              backbone.top1Percent().isPresent()
                  ? String.format(
                      Locale.ROOT, "top-1 %.1f %%", backbone.top1Percent().getAsDouble())
                  : "-",
              backbone.licence(),
              backbone.published().map(ZooListCommand::size).orElse("-"),
              isHere(backbone, cache) ? "yes" : "no",
              backbone.published().map(file -> file.address().toString()).orElse("in Graft")));
    }
    return 0;
  }

  private static JsonObject json(BackboneSpec backbone, WeightCache cache) {
    JsonObject json = new JsonObject();
    json.addProperty("name", backbone.name());
    json.addProperty("parameters", parameters(backbone));
    json.addProperty("input", backbone.input().canonical());
    Optional<PublishedFile> file = backbone.published();
    json.addProperty("source", file.map(f -> f.address().toString()).orElse(null));
    json.addProperty("digest", file.map(f -> f.digest().toString()).orElse(null));
    json.addProperty(
        "size_bytes",
        file.filter(f -> f.sizeBytes().isPresent())
            .map(f -> f.sizeBytes().getAsLong())
            .orElse(null));
    json.addProperty("path", file.map(f -> cache.path(f).toString()).orElse(null));
    json.addProperty("here", isHere(backbone, cache));
    json.addProperty("licence", backbone.licence());
    json.addProperty(
        "top1_percent",
        backbone.top1Percent().isPresent() ? backbone.top1Percent().getAsDouble() : null);
    return json;
  }

  private static String size(PublishedFile file) {
    return file.sizeBytes().isPresent()
        ? String.format(Locale.ROOT, "%.1f MiB", file.sizeBytes().getAsLong() / BYTES_PER_MIB)
        : "-";
  }

  private static boolean isHere(BackboneSpec backbone, WeightCache cache) {
    return backbone.published().map(file -> Files.isRegularFile(cache.path(file))).orElse(true);
  }

  private static long parameters(BackboneSpec backbone) {
    return backbone.network().learntNumbers();
  }
}
