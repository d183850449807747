package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.graft.testing.JavaProcess;
import io.graft.testing.TinyPictures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Places for results that are refused before any work is done, and results that are no good. */
class OutputPlaceTest {

  @TempDir Path root;

  private Path data;

  @BeforeEach
  void drawPictures() throws IOException {
    data = root.resolve("data");
    TinyPictures.draw(data, 2, 1, "rose", "tulip");
  }

  private Object[] train(Path out, String rate) {
    return new Object[] {
      "train",
      "--data",
      data,
      "--weights",
      "random",
      "--epochs",
      1,
      "--learning-rate",
      rate,
      "--device",
      "cpu",
      "--out",
      out
    };
  }

  @Test
  void aModelIsNotReplacedWithTheFilesOfAnother() throws IOException {
    Path model = root.resolve("model");
    Files.createDirectories(model);
    Files.writeString(model.resolve("graft.json"), "{}");
    Files.writeString(model.resolve("notes.txt"), "mine");
    Cli.run(train(model, "0.001")).failsWith(2, "notes.txt", "left as it is");
    assertThat(model.resolve("notes.txt")).hasContent("mine");
  }

  @Test
  void aModelIsNotPutAmongItsImages() {
    Path inside = data.resolve("models/first");
    Cli.run(train(inside, "0.001")).failsWith(2, "inside of the images' folder");
    assertThat(data.resolve("models")).doesNotExist();
  }

  @Test
  void aCommandThatFailsLeavesNoFolders() {
    Path out = root.resolve("new/folder/model");
    Cli.run("train", "--data", root.resolve("absent"), "--out", out).failsWith(3, "absent");
    assertThat(root.resolve("new")).doesNotExist();
  }

  @Test
  void missingFoldersAboveTheModelAreMade() {
    Path out = root.resolve("new/folder/model");
    Cli.succeed(train(out, "0.001"));
    assertThat(out.resolve("graft.json")).isRegularFile();
  }

  @Test
  void featuresAreNotWrittenOverAFolder() {
    Cli.run("extract", "--data", data, "--weights", "random", "--out", root)
        .failsWith(2, "is a folder", "name of a file");
  }

  @Test
  void aModelThatDivergedInItsLastStepIsNotSaved() {
    Path out = root.resolve("diverged");
    Cli.run(train(out, "1e37")).failsWith(2, "became", "learning rate");
    assertThat(out).doesNotExist();
  }

  @Test
  void tooLittleMemoryIsSaidWithoutATrace() throws Exception {
    JavaProcess.Result result =
        JavaProcess.run(
            root,
            Map.of(),
            root,
            // Less than the pixels of one picture.
            "-XX:MaxDirectMemorySize=128k",
            Main.class.getName(),
            "extract",
            "--data",
            data.toString(),
            "--weights",
            "random",
            "--cache",
            "off",
            "--out",
            root.resolve("f.safetensors").toString());
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).contains("Out of memory").doesNotContain("\tat ");
  }
}
