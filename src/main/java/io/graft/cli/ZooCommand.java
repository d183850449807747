package io.graft.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.graft.zoo.BackboneSpec;
import io.graft.zoo.Zoo;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The backbones that Graft knows. */
@Command(
    name = "zoo",
    mixinStandardHelpOptions = true,
    description = "The networks that Graft knows.",
    subcommands = ZooCommand.ListCommand.class)
final class ZooCommand implements Runnable {

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(), "No command given. Expected 'graft zoo list'.");
  }

  /** Lists them. */
  @Command(name = "list", description = "List the networks and their published weights.")
  static final class ListCommand implements Callable<Integer> {

    @Mixin private CommonOptions common;

    @Override
    public Integer call() {
      if (common.json) {
        JsonArray rows = new JsonArray();
        Zoo.backbones().forEach(backbone -> rows.add(json(backbone)));
        JsonObject json = new JsonObject();
        json.add("backbones", rows);
        common.print(json);
        return 0;
      }
      common.println(
          String.format(
              Locale.ROOT,
              "%-10s %12s  %-13s %-10s %s",
              "name",
              "parameters",
              "ImageNet",
              "licence",
              "published weights"));
      for (BackboneSpec backbone : Zoo.backbones()) {
        common.println(
            String.format(
                Locale.ROOT,
                "%-10s %12d  %-13s %-10s %s",
                backbone.name(),
                parameters(backbone),
                String.format(Locale.ROOT, "top-1 %.1f %%", backbone.weights().top1Percent()),
                backbone.weights().licence(),
                backbone.weights().source()));
      }
      return 0;
    }

    private static JsonObject json(BackboneSpec backbone) {
      JsonObject json = new JsonObject();
      json.addProperty("name", backbone.name());
      json.addProperty("parameters", parameters(backbone));
      json.addProperty("input", backbone.input().canonical());
      json.addProperty("source", backbone.weights().source());
      json.addProperty("sha256_prefix", backbone.weights().sha256Prefix());
      json.addProperty("licence", backbone.weights().licence());
      json.addProperty("top1_percent", backbone.weights().top1Percent());
      return json;
    }

    private static long parameters(BackboneSpec backbone) {
      return backbone.network().parameterShapes().entrySet().stream()
          .filter(entry -> !entry.getKey().contains(".running_"))
          .mapToLong(entry -> entry.getValue().size())
          .sum();
    }
  }
}
