package io.graft.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.graft.cli.options.CommonOptions;
import io.graft.fetch.CacheCheck;
import io.graft.fetch.WeightCache;
import io.graft.runtime.WeightsException;
import io.graft.zoo.BackboneSpec;
import io.graft.zoo.Zoo;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Checks the weights in the cache folder against their digests. */
@Command(
    name = "verify",
    description = "Check the weights that are on this machine against their digests.")
final class ZooVerifyCommand implements Callable<Integer> {

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
        common.println(
            String.format(Locale.ROOT, "%-19s %-8s %s", backbone.name(), state, check.file()));
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
