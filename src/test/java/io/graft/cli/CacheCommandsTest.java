package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.graft.cli.options.SizeConverter;
import io.graft.runtime.DecimalText;
import io.graft.testing.TinyPictures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code cache list}, {@code verify} and {@code prune}. */
class CacheCommandsTest {

  @TempDir Path root;

  @Test
  void storeIsFilledListedVerifiedRepairedAndPruned() throws IOException {
    Path data = root.resolve("data");
    Path cache = root.resolve("features");
    TinyPictures.draw(data, 2, 1, "rose", "tulip");
    assertThat(list(cache)).isEmpty();
    assertThat(extract(data, cache, 4, 0).get("out").getAsString()).contains("features");
    extract(data, cache, 0, 4);
    extract(data, Path.of("off"), 4, 0);

    JsonObject entry =
        list(cache).asList().stream()
            .map(e -> e.getAsJsonObject())
            .filter(e -> e.getAsJsonObject("key").has("boundary"))
            .findFirst()
            .orElseThrow();
    assertThat(entry.keySet())
        .containsExactlyInAnyOrder("id", "key", "shards", "rows", "size_bytes", "last_used");
    assertThat(entry.get("rows").getAsInt()).isEqualTo(4);
    assertThat(entry.getAsJsonObject("key").get("boundary").getAsString()).isEqualTo("block1_pool");
    String text = Cli.succeed("cache", "list", "--cache", cache).out();
    assertThat(text).contains("network", "vgg11", "block1_pool", "fp32", "F16", "MiB");

    assertThat(Cli.succeed("cache", "verify", "--cache", cache).out()).contains("are whole");
    flipLastByte(cache.resolve(entry.get("id").getAsString()));
    Cli damaged = Cli.run("cache", "verify", "--cache", cache, "--json");
    assertThat(damaged.exitCode()).isEqualTo(3);
    assertThat(damaged.err()).contains("Damaged, and removed", "1 of its 4 rows");
    assertThat(damaged.json().getAsJsonArray("damaged")).hasSize(1);
    assertThat(
            Cli.succeed("cache", "verify", "--cache", cache, "--json")
                .json()
                .getAsJsonArray("damaged"))
        .isEmpty();
    extract(data, cache, 1, 3);

    JsonObject nothing =
        Cli.succeed("cache", "prune", "--max-size", "1TiB", "--cache", cache, "--json").json();
    assertThat(nothing.get("removed_shards").getAsInt()).isZero();
    assertThat(Cli.succeed("cache", "prune", "--max-size", "0", "--cache", cache).out())
        .contains("files removed", "0 B are left");
    assertThat(list(cache)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "ten", "10XB", "10iB", "-1", "1.5GB", "999999999999999TB"})
  void invalidSizesAreRefused(String size) {
    Cli.run("cache", "prune", "--max-size", size, "--cache", root).failsWith(2, "--max-size");
  }

  @ParameterizedTest
  @CsvSource({
    "0,0",
    "7,7",
    "1k,1000",
    "2KiB,2048",
    "3 MB,3000000",
    "10GB,10000000000",
    "1tib,1099511627776"
  })
  void sizesMayHaveDecimalOrBinaryUnits(String text, long bytes) {
    assertThat(new SizeConverter().convert(text)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @CsvSource({"0,0 B", "1023,1023 B", "1024,1.0 KiB", "1536,1.5 KiB", "1099511627776,1.0 TiB"})
  void sizesArePrintedInBinaryUnits(long bytes, String text) {
    assertThat(DecimalText.bytes(bytes)).isEqualTo(text);
  }

  @Test
  void cacheThatIsNotAFolderIsRefused() throws IOException {
    Path file = Files.writeString(root.resolve("file"), "no folder");
    for (List<String> command :
        List.of(List.of("list"), List.of("verify"), List.of("prune", "--max-size", "1G"))) {
      Object[] words =
          Stream.of(Stream.of("cache"), command.stream(), Stream.of("--cache", file))
              .flatMap(s -> s)
              .toArray();
      Cli.run(words).failsWith(2, file.toString(), "not a folder", "--cache");
    }
    Cli.run("cache").failsWith(2, "graft cache list");
  }

  private static JsonArray list(Path cache) {
    return Cli.succeed("cache", "list", "--cache", cache, "--json")
        .json()
        .getAsJsonArray("features");
  }

  private JsonObject extract(Path data, Path cache, int computed, int reused) {
    JsonObject json =
        Cli.succeed(
                "extract",
                "--data",
                data,
                "--out",
                root.resolve("features.safetensors"),
                "--backbone",
                "vgg11",
                "--boundary",
                "block1_pool",
                "--weights",
                "random",
                "--precision",
                "fp32",
                "--device",
                "cpu",
                "--cache",
                cache,
                "--json")
            .json();
    assertThat(json.get("feature_rows_computed").getAsInt()).isEqualTo(computed);
    assertThat(json.get("feature_rows_reused").getAsInt()).isEqualTo(reused);
    return json;
  }

  private static void flipLastByte(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      Path shard =
          files.filter(f -> f.toString().endsWith(".safetensors")).findFirst().orElseThrow();
      byte[] bytes = Files.readAllBytes(shard);
      bytes[bytes.length - 1] ^= 1;
      Files.write(shard, bytes);
    }
  }
}
