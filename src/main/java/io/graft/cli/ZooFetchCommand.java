package io.graft.cli;

import com.google.gson.JsonObject;
import io.graft.cli.options.CommonOptions;
import io.graft.cli.options.FetchOption;
import io.graft.cli.report.Console;
import io.graft.zoo.BackboneSpec;
import io.graft.zoo.WeightChoice;
import io.graft.zoo.Zoo;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Fetches the published weights of a network. */
@Command(
    name = "fetch",
    sortOptions = false,
    description = "Fetch the published weights of a network into the cache folder, ahead of time.")
final class ZooFetchCommand implements Callable<Integer> {

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
