package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import io.graft.testing.JavaProcess;
import io.graft.testing.TinyPictures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Folders that cannot be written. They are refused before any work if an option names them. */
class UnwritableFolderTest {

  /** Not even root can create files here. */
  private static final Path READ_ONLY = Path.of("/proc");

  @TempDir Path root;

  private Path data;
  private Path file;

  @BeforeEach
  void drawImages() throws IOException {
    data = root.resolve("data");
    file = Files.writeString(root.resolve("file"), "no folder");
    TinyPictures.draw(data, 2, 1, "rose", "tulip");
  }

  @Test
  void unwritableCacheOptionIsRefusedBeforeWeightsAreOpened() {
    String[] parts = {"features", file + " is not a folder", "--cache", "GRAFT_HOME"};
    Path cache = file.resolve("below");
    Path weights = root.resolve("absent.safetensors");
    Cli.run(
            "train",
            "--data",
            data,
            "--weights",
            weights,
            "--cache",
            cache,
            "--out",
            root.resolve("m"))
        .failsWith(2, parts);
    Path out = root.resolve("f.safetensors");
    Cli.run("extract", "--data", data, "--weights", weights, "--cache", cache, "--out", out)
        .failsWith(2, parts);
    Cli.run("evaluate", "--data", data, "--model", root.resolve("absent"), "--cache", cache)
        .failsWith(2, parts);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void featuresAreNotStoredWithoutAHomeFolder() throws Exception {
    JavaProcess.Result result =
        JavaProcess.run(
            root,
            Map.of("GRAFT_HOME", "", "XDG_CACHE_HOME", ""),
            root,
            "-Duser.home=" + READ_ONLY.resolve("none"),
            Main.class.getName(),
            "extract",
            "--data",
            data.toString(),
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
            "--out",
            root.resolve("f.safetensors").toString(),
            "--json");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.err().lines().filter(line -> line.contains("Cannot keep features")))
        .singleElement()
        .asString()
        .contains("/proc/none/.cache/graft/features", "another cache folder", "GRAFT_HOME");
    assertThat(JsonParser.parseString(result.out()).getAsJsonObject().get("images").getAsInt())
        .isEqualTo(4);
    assertThat(root.resolve("f.safetensors")).isRegularFile();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void unwritableCheckpointFolderIsRefusedBeforeTraining() {
    Cli.run(
            "train",
            "--data",
            root.resolve("absent"),
            "--checkpoint",
            READ_ONLY,
            "--out",
            root.resolve("model"))
        .failsWith(2, "Cannot write " + READ_ONLY);
  }

  @Test
  void pretrainDoesNotReplaceAFolder() {
    Cli.run("pretrain", "--data", root.resolve("absent"), "--out", root)
        .failsWith(2, root + " is a folder", "name of a file");
  }
}
