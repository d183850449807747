package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.graft.testing.JavaProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** {@code train --resume}: training that stopped continues from its checkpoint. */
@Timeout(120)
class ResumeCommandTest {

  @TempDir Path root;

  private Path model;
  private Path checkpoints;

  @BeforeEach
  void draw() throws IOException {
    TinyTraining.draw(root);
    model = root.resolve("model");
    checkpoints = root.resolve("model.checkpoint");
  }

  private Object[] command(Path out, Object... more) {
    List<Object> words = new ArrayList<>(List.of("--backbone", "vgg16_bn_small"));
    words.addAll(Arrays.asList(more));
    List<Object> all = new ArrayList<>(List.of(TinyTraining.command(root, out, words.toArray())));
    // Uses the weights bundled with Graft instead of random ones.
    int at = all.indexOf("--weights");
    all.subList(at, at + 2).clear();
    return all.toArray();
  }

  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "signals are POSIX's")
  void sigtermLeavesACheckpointAndResumeTrainsTheSameModel() throws Exception {
    Object[] words = command(model, "--epochs", 400, "--schedule", "one-cycle");
    List<String> line = new ArrayList<>(List.of(Main.class.getName()));
    Arrays.stream(words).map(Object::toString).forEach(line::add);
    Process process =
        JavaProcess.builder(root, Map.of("OMP_NUM_THREADS", "1"), root, line.toArray(String[]::new))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    StringBuilder log = new StringBuilder();
    try (BufferedReader err =
        new BufferedReader(
            new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8))) {
      for (String each = err.readLine(); each != null; each = err.readLine()) {
        log.append(each).append('\n');
        if (each.startsWith("epoch 3/")) {
          // Sends SIGTERM. Process.destroy() would close the streams as well.
          process.toHandle().destroy();
        }
      }
    } finally {
      process.waitFor();
    }
    assertThat(process.exitValue()).as(log.toString()).isEqualTo(75);
    assertThat(log)
        .contains("Stopping after the current step")
        .contains("graft: Stopped ")
        .contains("Continue with:  graft train --out " + model)
        .contains(" --resume\n");
    assertThat(model).doesNotExist();
    assertThat(checkpoints).isDirectoryContaining("glob:**checkpoint-00000001.safetensors");

    Cli resumed = Cli.succeed(with(words, "--resume"));

    assertThat(resumed.err()).contains("Resuming from " + checkpoints);
    assertThat(checkpoints).doesNotExist();
    Path whole = root.resolve("whole");
    Cli.succeed(command(whole, "--epochs", 400, "--schedule", "one-cycle"));
    assertThat(model.resolve("head.safetensors"))
        .hasSameBinaryContentAs(whole.resolve("head.safetensors"));
    assertThat(history(model)).isEqualTo(history(whole));
  }

  private static Object history(Path model) throws IOException {
    JsonObject card =
        JsonParser.parseString(Files.readString(model.resolve("graft.json"))).getAsJsonObject();
    return card.getAsJsonObject("training").get("history");
  }

  private static Object[] with(Object[] words, Object... more) {
    List<Object> all = new ArrayList<>(Arrays.asList(words));
    all.addAll(Arrays.asList(more));
    return all.toArray();
  }

  @Test
  void resumeAfterDivergenceRefusesOtherOptionsAndImages() {
    Cli diverged = Cli.run(command(model, "--learning-rate", 1e37));
    diverged.failsWith(2, " in epoch 1, batch ", ".jpg", "is kept in " + checkpoints);

    Cli.run(command(model, "--learning-rate", 0.001, "--resume"))
        .failsWith(
            2,
            "belongs to another training: learning rate was 1.0E37 and is 0.001. Expected",
            "start over without resuming. Options: --resume.");
    Cli.run(
            command(
                model, "--learning-rate", 1e37, "--resume", "--data", root.resolve("validation")))
        .failsWith(3, "training data was ");
    Cli restarted = Cli.succeed(command(model, "--learning-rate", 0.001));
    assertThat(restarted.err())
        .contains("are replaced: training starts over, because it was not asked to resume");
    assertThat(checkpoints).doesNotExist();
  }

  @Test
  void resumingAKeptCheckpointWithMoreEpochsGivesTheSameModel() throws IOException {
    Path whole = root.resolve("whole");
    Cli.succeed(command(whole, "--epochs", 5, "--early-stopping", 4));

    Cli first = Cli.succeed(command(model, "--early-stopping", 4, "--keep-checkpoint"));
    assertThat(first.err()).contains("kept in " + checkpoints);
    try (Stream<Path> kept = Files.list(checkpoints)) {
      assertThat(kept).hasSize(1);
    }
    Cli.succeed(command(model, "--epochs", 5, "--early-stopping", 4, "--resume"));

    assertThat(model.resolve("head.safetensors"))
        .hasSameBinaryContentAs(whole.resolve("head.safetensors"));
    assertThat(history(model)).isEqualTo(history(whole));
    assertThat(checkpoints).doesNotExist();
  }

  @Test
  void resumeRefusesMoreEpochsIfTheScheduleDependsOnThem() {
    Cli.succeed(command(model, "--schedule", "cosine", "--keep-checkpoint"));

    Cli.run(command(model, "--schedule", "cosine", "--epochs", 5, "--resume"))
        .failsWith(2, "another training: epochs was 2 and is 5", "schedule cosine");
  }

  @Test
  void resumeRefusesOtherOptionsBeforeComputingFeatures() {
    Cli.run(command(model, "--learning-rate", 1e37)).failsWith(2, "is kept in " + checkpoints);

    Path cache = root.resolve("empty");
    Object[] words = command(model, "--learning-rate", "auto", "--resume");
    words[Arrays.asList(words).indexOf("--cache") + 1] = cache;
    Cli refused = Cli.run(words);

    assertThat(refused.exitCode()).as(refused.err()).isEqualTo(2);
    assertThat(refused.err())
        .contains("belongs to another training")
        .doesNotContain("frozen layers  ", "Trying ");
    assertThat(cache).doesNotExist();
  }

  @Test
  void resumeWithoutACheckpointStartsAtTheBeginning() {
    Path folder = root.resolve("elsewhere");

    Cli cli = Cli.succeed(command(model, "--resume", "--checkpoint", folder));

    assertThat(cli.err())
        .contains("No checkpoint in " + folder + ": training starts at the beginning.");
  }

  @Test
  void invalidCheckpointOptionsAreRefused() {
    Cli.run(command(model, "--checkpoint-every", "often"))
        .failsWith(2, "Checkpoint every 'often'", "such as 10m or 5epochs");
    for (String option : List.of("--resume", "--keep-checkpoint")) {
      Cli.run(command(model, option, "--seeds", 2))
          .failsWith(2, "several seeds or folds writes no checkpoints");
    }
  }
}
