package io.graft.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.graft.cli.options.CommonOptions;
import io.graft.cli.options.FetchOption;
import io.graft.cli.report.Console;
import io.graft.fetch.CacheCheck;
import io.graft.fetch.PublishedFile;
import io.graft.fetch.WeightCache;
import io.graft.runtime.DecimalText;
import io.graft.runtime.WeightsException;
import io.graft.zoo.BackboneSpec;
import io.graft.zoo.WeightChoice;
import io.graft.zoo.Zoo;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Lists backbones, and fetches and checks their weights. */
@Command(
    name = "zoo",
    mixinStandardHelpOptions = true,
    customSynopsis = "${COMMAND-FULL-NAME} COMMAND [OPTION...]",
    description = "List the networks that Graft knows, and fetch and check their weights.",
    subcommands = {
      ZooCommand.ListNetworks.class,
      ZooCommand.FetchWeights.class,
      ZooCommand.VerifyWeights.class
    })
final class ZooCommand extends CommandGroup {

  /** Lists the backbones. */
  @Command(
      name = "list",
      customSynopsis = "${COMMAND-FULL-NAME} [OPTION...]",
      footer = {"", "Example:", "  ${ROOT-COMMAND-NAME} zoo list"},
      description = "List the networks, their published weights, and which are on this machine.")
  static final class ListNetworks implements Callable<Integer> {

    private static final String ROW = "%-19s %11s  %-13s %-12s %9s  %-4s  %s";

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
      common.printLine(
          ROW, "name", "parameters", "ImageNet", "licence", "size", "here", "published weights");
      for (BackboneSpec backbone : Zoo.backbones()) {
        common.printLine(
            ROW,
            backbone.name(),
            backbone.parameters(),
            backbone.top1Percent().isPresent()
                ? String.format(Locale.ROOT, "top-1 %.1f %%", backbone.top1Percent().getAsDouble())
                : "-",
            backbone.licence(),
            backbone.published().map(ListNetworks::size).orElse("-"),
            isHere(backbone, cache) ? "yes" : "no",
            backbone.published().map(file -> file.address().toString()).orElse("in Graft"));
      }
      return 0;
    }

    private static JsonObject json(BackboneSpec backbone, WeightCache cache) {
      JsonObject json = new JsonObject();
      json.addProperty("name", backbone.name());
      json.addProperty("parameters", backbone.parameters());
      json.addProperty("input", backbone.input().canonical());
      Optional<PublishedFile> file = backbone.published();
      json.addProperty("source", file.map(f -> f.address().toString()).orElse(null));
      json.addProperty("digest", file.map(PublishedFile::digestText).orElse(null));
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
      return file.sizeBytes().isPresent() ? DecimalText.bytes(file.sizeBytes().getAsLong()) : "-";
    }

    private static boolean isHere(BackboneSpec backbone, WeightCache cache) {
      return backbone.published().map(file -> Files.isRegularFile(cache.path(file))).orElse(true);
    }
  }

  /** Fetches the published weights of a network. */
  @Command(
      name = "fetch",
      sortOptions = false,
      customSynopsis = "${COMMAND-FULL-NAME} NAME [OPTION...]",
      footer = {"", "Example:", "  ${ROOT-COMMAND-NAME} zoo fetch vgg16"},
      description = "Fetch the published weights of a network into the cache folder.")
  static final class FetchWeights implements Callable<Integer> {

    @Parameters(paramLabel = "NAME", description = "A network of 'graft zoo list'.")
    private String name;

    @Mixin private FetchOption fetching;
    @Mixin private CommonOptions common;

    @Override
    public Integer call() {
      return common.run(this::run);
    }

    private void run(Console console) {
      BackboneSpec backbone = Zoo.find(name);
      String file =
          new WeightChoice.Pretrained(fetching.resolve()).fetch(backbone, console).toString();
      if (common.json) {
        JsonObject json = new JsonObject();
        json.addProperty("name", backbone.name());
        json.addProperty("path", file);
        common.print(json);
      } else {
        common.println(file);
      }
    }
  }

  /** Checks the weights in the cache folder against their digests. */
  @Command(
      name = "verify",
      customSynopsis = "${COMMAND-FULL-NAME} [OPTION...]",
      footer = {"", "Example:", "  ${ROOT-COMMAND-NAME} zoo verify"},
      description = "Check the weights on this machine against their published digests.")
  static final class VerifyWeights implements Callable<Integer> {

    @Mixin private CommonOptions common;

    @Override
    public Integer call() {
      WeightCache cache = new WeightCache();
      JsonArray rows = new JsonArray();
      List<String> damaged = new ArrayList<>();
      for (BackboneSpec backbone : Zoo.backbones()) {
        if (backbone.published().isEmpty()) {
          continue;
        }
        CacheCheck check = cache.verify(backbone.published().get());
        String state = check.state().name().toLowerCase(Locale.ROOT);
        if (check.state() == CacheCheck.State.DAMAGED) {
          damaged.add(check.message());
        }
        JsonObject row = new JsonObject();
        row.addProperty("name", backbone.name());
        row.addProperty("state", state);
        row.addProperty("path", check.file().toString());
        rows.add(row);
        if (!common.json) {
          common.printLine("%-19s %-8s %s", backbone.name(), state, check.file());
        }
      }
      if (common.json) {
        JsonObject json = new JsonObject();
        json.add("weights", rows);
        common.print(json);
      }
      if (!damaged.isEmpty()) {
        throw new WeightsException(String.join(" ", damaged));
      }
      return 0;
    }
  }
}
