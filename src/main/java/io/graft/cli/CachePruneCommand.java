package io.graft.cli;

import com.google.gson.JsonObject;
import io.graft.cli.options.CacheFolderOption;
import io.graft.cli.options.CommonOptions;
import io.graft.cli.options.SizeConverter;
import io.graft.features.FeatureCache;
import io.graft.runtime.Bytes;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Removes features from the feature store. */
@Command(
    name = "prune",
    sortOptions = false,
    description = "Remove the features that have not been used for the longest time.")
final class CachePruneCommand implements Callable<Integer> {

  @Option(
      names = "--max-size",
      paramLabel = "SIZE",
      required = true,
      converter = SizeConverter.class,
      description = "How much to keep, such as 10GB, 500MiB or 0.")
  private long maxSize;

  @Mixin private CacheFolderOption store;
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
          pruned.shards(), Bytes.text(pruned.bytes()), Bytes.text(pruned.bytesLeft()));
    }
    return 0;
  }
}
