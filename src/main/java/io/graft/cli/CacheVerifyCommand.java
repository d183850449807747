package io.graft.cli;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import io.graft.cli.options.CacheFolderOption;
import io.graft.cli.options.CommonOptions;
import io.graft.features.FeatureCache;
import io.graft.runtime.BadDataException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Checks the feature store. */
@Command(
    name = "verify",
    sortOptions = false,
    description =
        "Check every byte of the features that are kept. Damaged ones are removed, and computed"
            + " again when they are needed.")
final class CacheVerifyCommand implements Callable<Integer> {

  @Mixin private CacheFolderOption store;
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
              + ". Check the disk; the next run computes these features again.");
    }
    return 0;
  }
}
