package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.graft.testing.JavaProcess;
import io.graft.testing.TinyPictures;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Standard output that cannot be written, or whose reader has closed it. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "only Linux has /dev/full")
@Timeout(120)
class LostOutputTest {

  private static final File FULL = new File("/dev/full");

  @TempDir Path root;

  @ParameterizedTest
  @ValueSource(strings = {"--version", "train --help", "zoo list --json"})
  void commandFailsIfItsOutputCannotBeWritten(String command) throws Exception {
    Path err = root.resolve("err");
    Process process = start(FULL, err, command.split(" "));

    assertThat(process.waitFor()).isEqualTo(2);
    assertThat(Files.readString(err))
        .startsWith("graft: Cannot write standard output: ")
        .doesNotContain("\tat ");
  }

  @Test
  void trainSavesTheModelWithoutAReportAndPredictStopsWhenItsReaderCloses() throws Exception {
    Path model = root.resolve("model");
    TinyPictures.draw(root.resolve("data"), 2, 1, "rose", "tulip");
    Path err = root.resolve("err");
    Process training =
        start(
            FULL,
            err,
            "train",
            "--data=" + root.resolve("data"),
            "--validation-split=0",
            "--backbone=vgg16_bn_small",
            "--epochs=1",
            "--device=cpu",
            "--precision=fp32",
            "--cache=off",
            "--out=" + model,
            "--json");

    assertThat(training.waitFor()).as(Files.readString(err)).isEqualTo(2);
    assertThat(Files.readString(err)).contains("graft: Cannot write standard output: ");
    assertThat(root.resolve("model.checkpoint")).doesNotExist();

    Path image = root.resolve("data/rose/1.jpg");
    Path last =
        Files.writeString(
            root.resolve("last.jpg"), "predict ends before this file, so it does not report it");
    List<String> predict = new ArrayList<>(List.of("predict", "--model=" + model, "--device=cpu"));
    predict.addAll(Collections.nCopies(200, image.toString()));
    predict.add(last.toString());
    Process predicting = start(null, err, predict.toArray(String[]::new));
    try (BufferedReader head =
        new BufferedReader(
            new InputStreamReader(predicting.getInputStream(), StandardCharsets.UTF_8))) {
      assertThat(head.readLine()).startsWith(image.toString());
    }

    assertThat(predicting.waitFor()).isEqualTo(141);
    // Newer Java versions print warnings there about native libraries.
    assertThat(Files.readString(err)).doesNotContain("graft:", "last.jpg");
  }

  private Process start(File out, Path err, String... words) throws Exception {
    List<String> command = new ArrayList<>(List.of(Main.class.getName()));
    command.addAll(List.of(words));
    ProcessBuilder builder =
        JavaProcess.builder(root, Map.of(), root, command.toArray(String[]::new))
            .redirectError(err.toFile());
    return out == null ? builder.start() : builder.redirectOutput(out).start();
  }
}
