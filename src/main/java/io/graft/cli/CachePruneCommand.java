package io.graft.cli;

import com.google.gson.JsonObject;
import io.graft.cli.options.ByteSize;
import io.graft.cli.options.CachePlace;
import io.graft.cli.options.CommonOptions;
import io.graft.features.FeatureCache;
import io.graft.runtime.Bytes;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Makes the feature store smaller. */
@Command(
    name = "prune",
    sortOptions = false,
    description = "Remove the features that were not used for the longest time.")
final class CachePruneCommand implements Callable<Integer> {

  @Option(
      names = "--max-size",
      paramLabel = "SIZE",
      required = true,
      converter = ByteSize.Converter.class,
      description = "How much may stay, such as 10GB, 500MiB or 0.")
  private long maxSize;

  @Mixin private CachePlace place;
  @Mixin private CommonOptions common;

  @Override
  public Integer call() {
    FeatureCache.Pruned pruned = place.resolve().prune(maxSize);
    if (common.json) {
      JsonObject json = new JsonObject();
      json.addProperty("removed_shards", pruned.shards());
      json.addProperty("removed_bytes", pruned.bytes());
      json.addProperty("size_bytes", pruned.bytesLeft());
      common.print(json);
    } else {
      common.println(
          pruned.shards()
              + " files removed, "
              + Bytes.text(pruned.bytes())
              + "; "
              + Bytes.text(pruned.bytesLeft())
              + " are left");
    }
    return 0;
  }
}
