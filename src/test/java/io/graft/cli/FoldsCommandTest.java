package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.graft.testing.TinyPictures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code train --folds} and {@code --learning-rate auto}. */
class FoldsCommandTest {

  private static final int PER_CLASS = 6;

  @TempDir static Path root;

  @BeforeAll
  static void draw() throws IOException {
    TinyPictures.draw(root.resolve("data"), PER_CLASS, 1, "rose", "tulip");
  }

  private static Object[] command(String out, Object... more) {
    List<Object> words = new ArrayList<>(List.of("train", "--data", root.resolve("data")));
    words.addAll(List.of("--out", root.resolve(out), "--cache", root.resolve("features")));
    words.addAll(List.of("--backbone", "vgg11.w0.125.s32", "--weights", "random", "--seed", 5));
    words.addAll(List.of("--head", "pool", "--epochs", 3, "--batch-size", 4));
    words.addAll(List.of("--device", "cpu", "--precision", "fp32"));
    words.addAll(List.of(more));
    return words.toArray();
  }

  @Test
  void reportsTheFoldsAndTrainsTheModelOnAllImages() throws IOException {
    JsonObject json = Cli.succeed(command("folds", "--folds", 3, "--json")).json();

    JsonArray folds = json.getAsJsonArray("folds");
    assertThat(folds).hasSize(3);
    double sum = 0;
    double squares = 0;
    for (JsonElement each : folds) {
      JsonObject fold = each.getAsJsonObject();
      assertThat(fold.keySet()).containsExactly("images", "top1", "loss", "epoch");
      assertThat(fold.get("images").getAsInt()).isEqualTo(2 * PER_CLASS / 3);
      assertThat(fold.get("epoch").getAsInt()).isEqualTo(3);
      assertThat(fold.get("loss").getAsDouble()).isPositive();
      double top1 = fold.get("top1").getAsDouble();
      sum += top1;
      squares += top1 * top1;
    }
    assertThat(json.get("top1_mean").getAsDouble()).isCloseTo(sum / 3, within(1e-12));
    assertThat(Math.pow(json.get("top1_deviation").getAsDouble(), 2))
        .isCloseTo((squares - sum * sum / 3) / 2, within(1e-12));
    assertThat(json.get("top1").isJsonNull()).isTrue();
    assertThat(json.get("images").getAsInt()).isEqualTo(2 * PER_CLASS);
    assertThat(json.has("learning_rate")).isFalse();
    assertThat(training("folds").get("train_images").getAsInt()).isEqualTo(2 * PER_CLASS);

    assertThat(Cli.succeed(command("folds", "--folds", 3, "--learning-rate", "auto")).out())
        .containsPattern("fold +images +epoch +loss +top-1 +learning rate")
        .containsPattern("(?m)^ +3 +4 +3 +[0-9.]+ +[01][.][0-9]{3} +[13]e-0[1-5]$")
        .contains("Top-1 over 3 folds: mean ", "the model is trained on all images");
  }

  @Test
  void foundLearningRateIsReportedAndStoredInTheModel() throws IOException {
    Object[] words = command("auto", "--learning-rate", "auto", "--json");
    JsonObject json = Cli.succeed(words).json();

    JsonArray trials = json.getAsJsonArray("learning_rate_search");
    double best = 0;
    double smallest = Double.POSITIVE_INFINITY;
    for (JsonElement trial : trials) {
      double loss = trial.getAsJsonObject().get("loss").getAsDouble();
      if (loss < smallest) {
        smallest = loss;
        best = trial.getAsJsonObject().get("learning_rate").getAsDouble();
      }
    }
    assertThat(json.get("learning_rate").getAsDouble()).isEqualTo(best);
    assertThat(
            json.getAsJsonArray("history")
                .get(0)
                .getAsJsonObject()
                .get("learning_rate")
                .getAsDouble())
        .isEqualTo(best);
    JsonObject training = training("auto");
    assertThat(training.get("learning_rate_search")).isEqualTo(trials);
    assertThat(
            training
                .getAsJsonArray("stages")
                .get(0)
                .getAsJsonObject()
                .get("learning_rate")
                .getAsDouble())
        .isEqualTo(best);

    Cli text = Cli.succeed(command("auto", "--learning-rate", "auto"));
    assertThat(text.out())
        .contains("learning rate   loss on a fifth of the images", "        1e-05   ")
        .contains("\nLearning rate: ");
    assertThat(text.err()).contains("Trying a learning rate of 1e-05.");
  }

  @Test
  void optionsThatExcludeEachOtherAreRefused() {
    Cli.run(command("no", "--folds", 3, "--validation-split", 0.2))
        .failsWith(2, "--folds", "--validation-split", "at most one");
    Cli.run(command("no", "--folds", 3, "--seeds", 2)).failsWith(2, "--folds", "--seeds is 2");
    Cli.run(command("no", "--folds", 1)).failsWith(2, "folds is 1. Expected from 2 to 6");
    Cli.run(command("no", "--learning-rate", "best"))
        .failsWith(2, "--learning-rate", "best", "nor auto");
    Cli.run(
            "train",
            "--data",
            root.resolve("data"),
            "--out",
            root.resolve("no"),
            "--stages",
            "head:1@1e-3",
            "--learning-rate",
            "auto")
        .failsWith(2, "--learning-rate auto", "--stages", "head:5@1e-3");
    assertThat(root.resolve("no")).doesNotExist();
  }

  private static JsonObject training(String out) throws IOException {
    return JsonParser.parseString(Files.readString(root.resolve(out).resolve("graft.json")))
        .getAsJsonObject()
        .getAsJsonObject("training");
  }
}
