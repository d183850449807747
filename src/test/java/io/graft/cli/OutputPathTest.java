package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.graft.data.DataListing;
import io.graft.data.LabeledImages;
import io.graft.testing.JavaProcess;
import io.graft.testing.TinyPictures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Output folders that are refused, and results that are not saved. */
class OutputPathTest {

  @TempDir Path root;

  private Path data;

  @BeforeEach
  void drawImages() throws IOException {
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
      "--image-size",
      64,
      "--precision",
      "fp32",
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
  void modelFolderWithOtherFilesIsNotReplaced() throws IOException {
    Path model = root.resolve("model");
    Files.createDirectories(model);
    Files.writeString(model.resolve("graft.json"), "{}");
    Files.writeString(model.resolve("notes.txt"), "mine");
    Cli.run(train(model, "0.001")).failsWith(2, "notes.txt", "left as it is");
    assertThat(model.resolve("notes.txt")).hasContent("mine");
  }

  /** Runs each command twice with its outputs inside the folder of images. */
  @Test
  void outputsInsideTheImageFolderAreNotClasses() {
    LabeledImages before = LabeledImages.open(data);
    Path model = data.resolve("models/first");
    Path backbone = data.resolve("backbone.safetensors");
    for (int run = 0; run < 2; run++) {
      Cli.succeed(small("train", model, "--validation", data, "--epochs", 1));
      Cli.succeed(small("extract", data.resolve("rows/f.safetensors")));
      // Training that diverges leaves a checkpoint.
      pretrain(backbone).failsWith(2, "is kept in " + backbone + ".checkpoint");
    }
    Cli resumed = pretrain(backbone, "--resume");
    resumed.failsWith(2, "is kept in ");
    assertThat(resumed.err()).contains("Resuming from " + backbone + ".checkpoint");

    LabeledImages after = LabeledImages.open(data);
    assertThat(after.classes()).isEqualTo(before.classes());
    assertThat(DataListing.sha256(after)).isEqualTo(DataListing.sha256(before));
    Cli.succeed("evaluate", "--model", model, "--data", data, "--device", "cpu");
  }

  private Object[] small(String command, Path out, Object... more) {
    List<Object> words = new ArrayList<>(List.of(command, "--data", data, "--out", out));
    words.addAll(List.of("--backbone", "vgg11.w0.0625.s32", "--weights", "random"));
    words.addAll(List.of("--cache", data.resolve("features"), "--device", "cpu"));
    words.addAll(List.of("--precision", "fp32"));
    words.addAll(List.of(more));
    return words.toArray();
  }

  private Cli pretrain(Path out, Object... more) {
    List<Object> words = new ArrayList<>(List.of("pretrain", "--data", data, "--out", out));
    words.addAll(
        List.of("--width", 0.0625, "--image-size", 32, "--batch-size", 2, "--validation-split", 0));
    words.addAll(List.of("--device", "cpu", "--learning-rate", 1e37));
    words.addAll(List.of(more));
    return Cli.run(words.toArray());
  }

  @Test
  void failedCommandCreatesNoFolders() {
    Path out = root.resolve("new/folder/model");
    Cli.run("train", "--data", root.resolve("absent"), "--out", out).failsWith(3, "absent");
    assertThat(root.resolve("new")).doesNotExist();
  }

  @Test
  void missingParentFoldersAreCreated() {
    Path out = root.resolve("new/folder/model");
    Cli.succeed(train(out, "0.001"));
    assertThat(out.resolve("graft.json")).isRegularFile();
  }

  @Test
  void extractDoesNotReplaceAFolder() {
    Cli.run("extract", "--data", data, "--weights", "random", "--out", root)
        .failsWith(2, "is a folder", "name of a file");
  }

  @Test
  void divergedModelIsNotSaved() {
    Path out = root.resolve("diverged");
    Cli.run(train(out, "1e37")).failsWith(2, "became", "learning rate");
    assertThat(out).doesNotExist();
  }

  @Test
  void outOfMemoryIsReportedWithoutAStackTrace() throws Exception {
    JavaProcess.Result result =
        JavaProcess.run(
            root,
            Map.of(),
            root,
            // Less than the pixels of one image.
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
