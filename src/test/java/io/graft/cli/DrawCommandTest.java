package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import io.graft.data.LabeledImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code draw}. */
class DrawCommandTest {

  @TempDir Path root;

  @Test
  void drawsAFolderOfLabelledImages() {
    Path out = root.resolve("new/drawn");
    JsonObject json =
        Cli.succeed(
                "draw",
                "--out",
                out,
                "--classes",
                11,
                "--per-class",
                2,
                "--size",
                24,
                "--seed",
                5,
                "--json")
            .json();

    assertThat(json.get("images").getAsInt()).isEqualTo(22);
    assertThat(json.get("classes").getAsInt()).isEqualTo(11);
    assertThat(json.get("pictures").getAsString()).isEqualTo(out.toString());
    LabeledImages images = LabeledImages.open(out);
    assertThat(images.classes()).hasSize(11).startsWith("c00").endsWith("c10");
    assertThat(images.images()).hasSize(22);
  }

  @Test
  void reportsThePicturesAndProgress() {
    Cli cli = Cli.succeed("draw", "--out", root.resolve("a"), "--classes", 2, "--per-class", 3);

    assertThat(cli.out()).contains("6 pictures of 2 classes", root.resolve("a").toString());
    assertThat(cli.err()).contains("drawn  6/6 pictures");
  }

  @Test
  void existingFolderIsRefused() throws IOException {
    Path out = Files.createDirectory(root.resolve("there"));

    Cli.run("draw", "--out", out).failsWith(2, "already", "new folder");
    assertThat(out).isEmptyDirectory();
  }

  @Test
  void valuesOutOfRangeAreRefused() {
    Path out = root.resolve("never");
    Cli.run("draw", "--out", out, "--classes", 0).failsWith(2, "classes is 0", "1 to 100,000");
    Cli.run("draw", "--out", out, "--size", 8).failsWith(2, "size is 8", "16 to 1,024");
    Cli.run("draw", "--out", out, "--per-class", "many").failsWith(2, "--per-class", "many");
    Cli.run("draw").failsWith(2, "--out");
    assertThat(out).doesNotExist();
  }
}
