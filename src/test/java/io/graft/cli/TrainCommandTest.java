package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code train}, and {@code evaluate} and {@code predict} with the model that it saved. */
class TrainCommandTest {

  @TempDir static Path root;

  private static Path validation;
  private static Path model;
  private static Cli trained;
  private static JsonObject report;

  @BeforeAll
  static void train() throws IOException {
    validation = root.resolve("validation");
    model = root.resolve("model");
    TinyTraining.draw(root);
    trained = Cli.succeed(TinyTraining.command(root, model));
    report = trained.json();
  }

  @Test
  void reportsEveryDocumentedKey() {
    assertThat(report.keySet())
        .containsExactlyInAnyOrder(
            "top1",
            "top1_interval",
            "chance",
            "loss",
            "temperature",
            "epoch",
            "history",
            "images",
            "skipped",
            "not_read",
            "split_folders",
            "split_column",
            "groups",
            "test",
            "classes",
            "trained_parameters",
            "frozen_parameters",
            "frozen_sha256",
            "feature_rows_computed",
            "feature_rows_reused",
            "extract_images_per_second",
            "device",
            "precision",
            "decode",
            "agreement",
            "seconds",
            "model",
            "replaced",
            "duplicates");
    assertThat(report.get("images").getAsInt())
        .isEqualTo(TinyTraining.TRAIN + TinyTraining.VALIDATION);
    assertThat(report.get("skipped").getAsInt()).isZero();
    assertThat(report.get("classes").toString()).isEqualTo("[\"rose\",\"tulip\"]");
    assertThat(report.get("feature_rows_computed").getAsInt())
        .isEqualTo(TinyTraining.TRAIN + TinyTraining.VALIDATION);
    assertThat(report.get("feature_rows_reused").getAsInt()).isZero();
    // Keras reports the same count with include_top=False. At 64 pixels block 5 gives 2 x 2 x 512.
    assertThat(report.get("frozen_parameters").getAsLong()).isEqualTo(14_714_688);
    assertThat(report.get("trained_parameters").getAsLong()).isEqualTo(2 * 2 * 512 * 2 + 2);
    assertThat(report.get("frozen_sha256").getAsString()).matches("[0-9a-f]{64}");
    assertThat(report.get("extract_images_per_second").getAsDouble()).isPositive();
    assertThat(report.get("device").getAsString()).isEqualTo("cpu");
    assertThat(report.get("precision").getAsString()).isEqualTo("fp32");
    assertThat(report.get("agreement").isJsonNull()).isTrue();
    assertThat(report.get("model").getAsString()).isEqualTo(model.toString());
    JsonObject seconds = report.getAsJsonObject("seconds");
    assertThat(seconds.keySet()).containsExactlyInAnyOrder("total", "extract", "train");
    assertThat(seconds.get("total").getAsDouble())
        .isGreaterThan(seconds.get("extract").getAsDouble() + seconds.get("train").getAsDouble());
  }

  @Test
  void top1StandsBesideItsIntervalAndChance() {
    // Two of the four validation images are of each class.
    assertThat(report.get("chance").getAsDouble()).isEqualTo(0.5);
    JsonArray interval = report.getAsJsonArray("top1_interval");
    assertThat(report.get("top1").getAsDouble())
        .isBetween(interval.get(0).getAsDouble(), interval.get(1).getAsDouble());
    assertThat(report.get("replaced").getAsBoolean()).isFalse();
    assertThat(evaluate().get("chance")).isEqualTo(report.get("chance"));
    assertThat(evaluate().get("top1_interval")).isEqualTo(interval);
  }

  private static JsonObject evaluate(Object... more) {
    return Cli.succeed(
            Stream.concat(
                    Stream.of("evaluate", "--model", model, "--data", validation, "--json"),
                    Stream.of(more))
                .toArray())
        .json();
  }

  @Test
  void historyHasOneObjectPerEpoch() {
    JsonArray history = report.getAsJsonArray("history");
    assertThat(history).hasSize(2);
    for (int i = 0; i < 2; i++) {
      JsonObject epoch = history.get(i).getAsJsonObject();
      assertThat(epoch.keySet())
          .containsExactlyInAnyOrder(
              "epoch",
              "train_loss",
              "train_top1",
              "validation_loss",
              "validation_top1",
              "learning_rate");
      assertThat(epoch.get("epoch").getAsInt()).isEqualTo(i + 1);
      // Top-1 is a whole number of images divided by the number of all images.
      assertThat(epoch.get("train_top1").getAsDouble() * TinyTraining.TRAIN)
          .isCloseTo(
              Math.rint(epoch.get("train_top1").getAsDouble() * TinyTraining.TRAIN), within(1e-9));
    }
    JsonObject last = history.get(1).getAsJsonObject();
    assertThat(report.get("top1")).isEqualTo(last.get("validation_top1"));
    assertThat(report.get("loss")).isEqualTo(last.get("validation_loss"));
  }

  @Test
  void reportsProgressOnStandardError() {
    assertThat(trained.err())
        .contains("8 training images in 2 classes, 4 validation images", "8/8 images", "epoch 2/2");
  }

  @Test
  void sameSeedGivesTheSameResultForAFolderAndATable() throws IOException {
    Path table = root.resolve("table.csv");
    StringBuilder rows = new StringBuilder("path,label\n");
    for (String name : List.of("tulip", "rose")) {
      for (int i = TinyTraining.TRAIN / 2; i > 0; i--) {
        rows.append("data/%s/%d.jpg,%s%n".formatted(name, i, name));
      }
    }
    Files.writeString(table, rows);

    JsonObject again = Cli.succeed(TinyTraining.command(root, root.resolve("again"))).json();
    JsonObject fromTable =
        Cli.succeed(TinyTraining.command(root, root.resolve("table"), "--data", table)).json();

    assertThat(again.get("history")).isEqualTo(report.get("history"));
    assertThat(fromTable.get("history")).isEqualTo(report.get("history"));
    assertThat(root.resolve("again/head.safetensors"))
        .hasSameBinaryContentAs(model.resolve("head.safetensors"));
  }

  @Test
  void evaluateConfirmsTheReportOfTrain() {
    JsonObject evaluation =
        Cli.succeed(
                "evaluate",
                "--model",
                model,
                "--data",
                validation,
                "--cache",
                root.resolve("features"),
                "--json")
            .json();

    assertThat(evaluation.get("feature_rows_computed").getAsInt()).isZero();
    assertThat(evaluation.get("extract_images_per_second").isJsonNull()).isTrue();
    assertThat(evaluation.get("feature_rows_reused").getAsInt()).isEqualTo(TinyTraining.VALIDATION);
    assertThat(evaluation.get("top1")).isEqualTo(report.get("top1"));
    assertThat(evaluation.get("loss")).isEqualTo(report.get("loss"));
    assertThat(evaluation.get("images").getAsInt()).isEqualTo(TinyTraining.VALIDATION);
    assertThat(evaluation.keySet())
        .containsExactlyInAnyOrder(
            "top1",
            "top1_interval",
            "chance",
            "top_k",
            "loss",
            "brier",
            "calibration_error",
            "temperature",
            "uncalibrated",
            "reliability",
            "images",
            "skipped",
            "skipped_files",
            "worst",
            "trained_on",
            "not_read",
            "classes",
            "macro",
            "weighted",
            "confusion",
            "drift",
            "feature_rows_computed",
            "feature_rows_reused",
            "extract_images_per_second",
            "decode",
            "model");
    int right = 0;
    int all = 0;
    JsonArray confusion = evaluation.getAsJsonArray("confusion");
    for (int truth = 0; truth < 2; truth++) {
      for (int predicted = 0; predicted < 2; predicted++) {
        int count = confusion.get(truth).getAsJsonArray().get(predicted).getAsInt();
        all += count;
        right += truth == predicted ? count : 0;
      }
    }
    assertThat(all).isEqualTo(TinyTraining.VALIDATION);
    assertThat(evaluation.get("top1").getAsDouble()).isEqualTo((double) right / all);
    assertThat(evaluation.get("temperature").getAsDouble()).isEqualTo(1);
    assertThat(evaluation.getAsJsonObject("drift").get("distance").getAsDouble()).isPositive();
    Path cache = root.resolve("features");
    assertThat(
            Cli.succeed("evaluate", "--model", model, "--data", validation, "--cache", cache).out())
        .contains("recall", "rose", "tulip", "over 4 images, 0 skipped")
        .contains("mean of the classes", "95 % interval", "train --calibrate")
        .contains("Drift from the training images: ");
  }

  @Test
  void predictAgreesWithEvaluate() throws IOException {
    List<Path> images;
    try (Stream<Path> walk = Files.walk(validation)) {
      images = walk.filter(Files::isRegularFile).sorted().toList();
    }
    Object[] words =
        Stream.concat(Stream.of("predict", "--model", model, "--json"), images.stream()).toArray();
    JsonObject json = Cli.succeed(words).json();

    assertThat(json.keySet())
        .containsExactlyInAnyOrder(
            "predictions",
            "images",
            "skipped",
            "skipped_files",
            "passed_over",
            "not_read",
            "decode",
            "model");
    int right = 0;
    for (JsonElement element : json.getAsJsonArray("predictions")) {
      JsonObject prediction = element.getAsJsonObject();
      JsonArray top = prediction.getAsJsonArray("top");
      assertThat(top).hasSize(2);
      double first = top.get(0).getAsJsonObject().get("probability").getAsDouble();
      double second = top.get(1).getAsJsonObject().get("probability").getAsDouble();
      assertThat(first).isGreaterThanOrEqualTo(second);
      assertThat(first + second).isCloseTo(1, within(1e-6));
      Path path = Path.of(prediction.get("path").getAsString());
      String label = top.get(0).getAsJsonObject().get("label").getAsString();
      right += label.equals(path.getParent().getFileName().toString()) ? 1 : 0;
    }
    assertThat(right)
        .isEqualTo((int) Math.rint(report.get("top1").getAsDouble() * TinyTraining.VALIDATION));
    assertThat(Cli.succeed("predict", "--model", model, "--top", "1", images.get(0)).out())
        .startsWith(images.get(0) + "  ")
        .hasLineCount(1);
  }

  @Test
  void modelRecordsItsClassesAndItsTraining() throws IOException {
    assertThat(Files.readString(model.resolve("synset.txt"))).isEqualTo("rose\ntulip\n");
    JsonObject card =
        JsonParser.parseString(Files.readString(model.resolve("graft.json"))).getAsJsonObject();
    assertThat(card.get("backbone").getAsString()).isEqualTo("vgg16.s64");
    assertThat(card.get("head").getAsString()).isEqualTo("flatten");
    assertThat(card.getAsJsonObject("training").get("history")).isEqualTo(report.get("history"));
  }

  @Test
  void summaryEndsWithTheNextCommands() {
    Path out = root.resolve("a model's folder");
    String text = Cli.succeed(TinyTraining.words(root, out).toArray()).out();

    assertThat(text)
        .contains("epoch   loss     top-1   validation loss   validation top-1")
        .contains("Best validation top-1: ")
        .contains("12 images, 0 skipped")
        .contains("Model: " + out)
        .contains("graft predict --model '" + root + "/a model'\\''s folder' IMAGE...")
        .contains("--data " + validation);
  }
}
