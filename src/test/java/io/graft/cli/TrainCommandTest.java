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
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Training, and what people do with the model, on a VGG16 of random weights. */
class TrainCommandTest {

  private static final int TRAIN = 8;
  private static final int VALIDATION = 4;

  @TempDir static Path root;

  private static Path data;
  private static Path validation;
  private static Path model;
  private static Cli trained;
  private static JsonObject report;

  @BeforeAll
  static void train() throws IOException {
    data = root.resolve("data");
    validation = root.resolve("validation");
    model = root.resolve("model");
    TinyPictures.draw(data, TRAIN / 2, 1, "rose", "tulip");
    TinyPictures.draw(validation, VALIDATION / 2, 2, "rose", "tulip");
    trained = Cli.succeed(command(data, model, "flatten"));
    report = trained.json();
  }

  private static Object[] command(Path images, Path out, String head) {
    return new Object[] {
      "train",
      "--data",
      images,
      "--validation",
      validation,
      "--out",
      out,
      "--weights",
      "random",
      "--head",
      head,
      "--epochs",
      2,
      "--batch-size",
      3,
      "--seed",
      5,
      "--device",
      "cpu",
      "--precision",
      "fp32",
      "--cache",
      root.resolve("features"),
      "--json"
    };
  }

  @Test
  void reportsEveryDocumentedKey() {
    assertThat(report.keySet())
        .containsExactlyInAnyOrder(
            "top1",
            "loss",
            "temperature",
            "epoch",
            "history",
            "images",
            "skipped",
            "classes",
            "feature_rows_computed",
            "feature_rows_reused",
            "extract_images_per_second",
            "device",
            "precision",
            "agreement",
            "seconds",
            "model");
    assertThat(report.get("images").getAsInt()).isEqualTo(TRAIN + VALIDATION);
    assertThat(report.get("skipped").getAsInt()).isZero();
    assertThat(report.get("classes").toString()).isEqualTo("[\"rose\",\"tulip\"]");
    assertThat(report.get("feature_rows_computed").getAsInt()).isEqualTo(TRAIN + VALIDATION);
    assertThat(report.get("feature_rows_reused").getAsInt()).isZero();
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
  void reportsAnObjectPerEpoch() {
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
      // Each is a count of right answers over the number of pictures.
      assertThat(epoch.get("train_top1").getAsDouble() * TRAIN)
          .isCloseTo(Math.rint(epoch.get("train_top1").getAsDouble() * TRAIN), within(1e-9));
    }
    JsonObject last = history.get(1).getAsJsonObject();
    assertThat(report.get("top1")).isEqualTo(last.get("validation_top1"));
    assertThat(report.get("loss")).isEqualTo(last.get("validation_loss"));
  }

  @Test
  void progressIsOnStandardError() {
    assertThat(trained.err())
        .contains("8 training images in 2 classes, 4 validation images", "8/8 images", "epoch 2/2");
  }

  @Test
  void theSameSeedGivesTheSameNumbersFromAFolderAndFromATable() throws IOException {
    Path table = root.resolve("table.csv");
    StringBuilder rows = new StringBuilder("path,label\n");
    for (String name : List.of("tulip", "rose")) {
      for (int i = TRAIN / 2; i > 0; i--) {
        rows.append("data/%s/%d.jpg,%s%n".formatted(name, i, name));
      }
    }
    Files.writeString(table, rows);

    JsonObject again = Cli.succeed(command(data, root.resolve("again"), "flatten")).json();
    JsonObject fromTable = Cli.succeed(command(table, root.resolve("table"), "flatten")).json();

    assertThat(again.get("history")).isEqualTo(report.get("history"));
    assertThat(fromTable.get("history")).isEqualTo(report.get("history"));
    assertThat(root.resolve("again/head.safetensors"))
        .hasSameBinaryContentAs(model.resolve("head.safetensors"));
  }

  @Test
  void evaluateGivesWhatTrainReported() {
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
    assertThat(evaluation.get("feature_rows_reused").getAsInt()).isEqualTo(VALIDATION);
    assertThat(evaluation.get("top1")).isEqualTo(report.get("top1"));
    assertThat(evaluation.get("loss")).isEqualTo(report.get("loss"));
    assertThat(evaluation.get("images").getAsInt()).isEqualTo(VALIDATION);
    assertThat(evaluation.keySet())
        .containsExactlyInAnyOrder(
            "top1",
            "top1_interval",
            "top_k",
            "loss",
            "brier",
            "calibration_error",
            "temperature",
            "uncalibrated",
            "reliability",
            "images",
            "skipped",
            "classes",
            "macro",
            "weighted",
            "confusion",
            "drift",
            "feature_rows_computed",
            "feature_rows_reused",
            "extract_images_per_second",
            "model");
    int right = 0;
    int all = 0;
    JsonArray confusion = evaluation.getAsJsonArray("confusion");
    for (int truth = 0; truth < 2; truth++) {
      for (int answer = 0; answer < 2; answer++) {
        int count = confusion.get(truth).getAsJsonArray().get(answer).getAsInt();
        all += count;
        right += truth == answer ? count : 0;
      }
    }
    assertThat(all).isEqualTo(VALIDATION);
    assertThat(evaluation.get("top1").getAsDouble()).isEqualTo((double) right / all);
    assertThat(evaluation.get("temperature").getAsDouble()).isEqualTo(1);
    assertThat(evaluation.getAsJsonObject("drift").get("distance").getAsDouble()).isPositive();
    assertThat(Cli.succeed("evaluate", "--model", model, "--data", validation).out())
        .contains("recall", "rose", "tulip", "over 4 images, 0 skipped")
        .contains("mean of the classes", "95 % interval", "train --calibrate")
        .contains("Drift from the training images: ");
  }

  @Test
  void aCalibratedModelKeepsItsTop1AndLowersItsLoss() {
    // One epoch, in which not every validation picture is classified right.
    Path out = root.resolve("calibrated");
    Cli cli =
        Cli.succeed(
            "train",
            "--data",
            data,
            "--validation",
            validation,
            "--out",
            out,
            "--weights",
            "random",
            "--epochs",
            1,
            "--seed",
            5,
            "--device",
            "cpu",
            "--precision",
            "fp32",
            "--cache",
            root.resolve("features"),
            "--calibrate",
            "--json");
    double temperature = cli.json().get("temperature").getAsDouble();
    assertThat(temperature).isPositive().isNotEqualTo(1);

    Object[] words = {
      "evaluate", "--model", out, "--data", validation, "--cache", root.resolve("features")
    };
    JsonObject json =
        Cli.succeed(Stream.concat(Stream.of(words), Stream.of("--json")).toArray()).json();
    assertThat(json.get("temperature").getAsDouble()).isEqualTo(temperature);
    assertThat(json.get("top1")).isEqualTo(cli.json().get("top1"));
    JsonObject before = json.getAsJsonObject("uncalibrated");
    assertThat(before.get("loss")).isEqualTo(cli.json().get("loss"));
    assertThat(json.get("loss").getAsDouble()).isLessThan(before.get("loss").getAsDouble());
    assertThat(Cli.succeed(words).out()).contains("Without the temperature of");
  }

  @Test
  void calibrationNeedsValidationImages() {
    Cli.run(
            "train",
            "--data",
            data,
            "--validation-split",
            0,
            "--out",
            root.resolve("no"),
            "--weights",
            "random",
            "--calibrate")
        .failsWith(2, "Calibration needs validation images");
    Cli.run("evaluate", "--model", model, "--data", validation, "--top", 0)
        .failsWith(2, "Top is 0");
  }

  @Test
  void predictAgreesWithEvaluate() throws IOException {
    List<Path> pictures;
    try (Stream<Path> walk = Files.walk(validation)) {
      pictures = walk.filter(Files::isRegularFile).sorted().toList();
    }
    Object[] words =
        Stream.concat(Stream.of("predict", "--model", model, "--json"), pictures.stream())
            .toArray();
    JsonObject answer = Cli.succeed(words).json();

    assertThat(answer.keySet())
        .containsExactlyInAnyOrder("predictions", "images", "skipped", "model");
    int right = 0;
    for (JsonElement element : answer.getAsJsonArray("predictions")) {
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
    assertThat(right).isEqualTo((int) Math.rint(report.get("top1").getAsDouble() * VALIDATION));
    assertThat(Cli.succeed("predict", "--model", model, "--top", "1", pictures.get(0)).out())
        .startsWith(pictures.get(0) + "  ")
        .hasLineCount(1);
  }

  @Test
  void aModelSaysWhatItIs() throws IOException {
    assertThat(Files.readString(model.resolve("synset.txt"))).isEqualTo("rose\ntulip\n");
    JsonObject card =
        JsonParser.parseString(Files.readString(model.resolve("graft.json"))).getAsJsonObject();
    assertThat(card.get("backbone").getAsString()).isEqualTo("vgg16");
    assertThat(card.get("head").getAsString()).isEqualTo("flatten");
    assertThat(card.getAsJsonObject("training").get("history")).isEqualTo(report.get("history"));
  }

  @ParameterizedTest
  @CsvSource({"pool, 512", "fc, 4096"})
  void otherHeadsTrainAndLoad(String head, int features) throws IOException {
    Path out = root.resolve(head);
    JsonObject answer = Cli.succeed(command(data, out, head)).json();

    assertThat(answer.get("history")).isNotEqualTo(report.get("history"));
    // Two classes: weights and biases, float32, behind a header of less than a kibibyte.
    assertThat(Files.size(out.resolve("head.safetensors")))
        .isBetween(2L * 4 * (features + 1), 2L * 4 * (features + 1) + 1024);
    JsonObject evaluation =
        Cli.succeed("evaluate", "--model", out, "--data", validation, "--json").json();
    assertThat(evaluation.get("loss")).isEqualTo(answer.get("loss"));
  }

  @Test
  void everyChoiceOfTrainingIsKeptInTheModelWhichLoadsAndPredicts() throws IOException {
    Path out = root.resolve("choices");
    Object[] choices = {
      "--hidden",
      "16,8",
      "--activation",
      "tanh",
      "--dropout",
      "0.25",
      "--optimizer",
      "sgd",
      "--momentum",
      "0.9",
      "--nesterov",
      "--weight-decay",
      "0.01",
      "--schedule",
      "step",
      "--step-size",
      "1",
      "--gamma",
      "0.5",
      "--clip-norm",
      "1",
      "--accumulate",
      "2",
      "--loss",
      "binary-cross-entropy",
      "--class-weights",
      "1,2",
      "--sampling",
      "balanced",
      "--early-stopping",
      "2"
    };
    Object[] words =
        Stream.concat(Stream.of(command(data, out, "pool")), Stream.of(choices)).toArray();
    JsonObject answer = Cli.succeed(words).json();

    JsonObject card =
        JsonParser.parseString(Files.readString(out.resolve("graft.json"))).getAsJsonObject();
    assertThat(card.get("hidden"))
        .isEqualTo(
            JsonParser.parseString(
                "{\"units\": [16, 8], \"activation\": \"tanh\", \"dropout\": 0.25}"));
    assertThat(card.get("outputs").getAsString()).isEqualTo("sigmoid");
    JsonObject training = card.getAsJsonObject("training");
    assertThat(training.get("optimizer"))
        .isEqualTo(
            JsonParser.parseString(
                "{\"name\": \"sgd\", \"momentum\": 0.9, \"nesterov\": true,"
                    + " \"weight_decay\": 0.01}"));
    assertThat(training.get("schedule"))
        .isEqualTo(JsonParser.parseString("{\"name\": \"step\", \"size\": 1, \"gamma\": 0.5}"));
    assertThat(training.getAsJsonObject("loss").get("name").getAsString())
        .isEqualTo("binary-cross-entropy");
    assertThat(training.get("clip_norm").getAsDouble()).isEqualTo(1);
    assertThat(training.get("accumulate").getAsInt()).isEqualTo(2);
    assertThat(training.get("class_weights").toString()).isEqualTo("[1.0,2.0]");
    assertThat(training.get("sampling").getAsString()).isEqualTo("balanced");
    assertThat(training.get("early_stopping").getAsInt()).isEqualTo(2);
    assertThat(training.get("epoch")).isEqualTo(answer.get("epoch"));
    JsonArray history = answer.getAsJsonArray("history");
    for (int i = 0; i < 2; i++) {
      assertThat(history.get(i).getAsJsonObject().get("learning_rate").getAsDouble())
          .isEqualTo(0.001 * Math.pow(0.5, i));
    }
    JsonObject kept = history.get(answer.get("epoch").getAsInt() - 1).getAsJsonObject();
    assertThat(answer.get("top1")).isEqualTo(kept.get("validation_top1"));
    assertThat(answer.get("loss")).isEqualTo(kept.get("validation_loss"));

    assertThat(
            Cli.succeed("evaluate", "--model", out, "--data", validation, "--json")
                .json()
                .get("top1"))
        .isEqualTo(answer.get("top1"));
    JsonArray top =
        Cli.succeed("predict", "--model", out, "--json", validation.resolve("rose/1.jpg"))
            .json()
            .getAsJsonArray("predictions")
            .get(0)
            .getAsJsonObject()
            .getAsJsonArray("top");
    // Sigmoid outputs of a classifier this little trained are near one half, and need not sum to 1.
    assertThat(top)
        .allSatisfy(
            element ->
                assertThat(element.getAsJsonObject().get("probability").getAsDouble())
                    .isBetween(0.05, 0.95));
  }

  @Test
  void severalSeedsShareTheFeaturesAndGiveWhatEachGivesAlone() throws IOException {
    Path out = root.resolve("seeds");
    Object[] words =
        Stream.concat(Stream.of(command(data, out, "flatten")), Stream.of("--seeds", 2)).toArray();
    JsonObject answer = Cli.succeed(words).json();

    assertThat(answer.get("feature_rows_computed").getAsInt()).isZero();
    assertThat(answer.get("history")).isEqualTo(report.get("history"));
    assertThat(out.resolve("head.safetensors"))
        .hasSameBinaryContentAs(model.resolve("head.safetensors"));
    JsonArray seeds = answer.getAsJsonArray("seeds");
    assertThat(seeds).hasSize(2);
    double[] top1 = new double[2];
    for (int i = 0; i < 2; i++) {
      JsonObject one = seeds.get(i).getAsJsonObject();
      assertThat(one.get("seed").getAsInt()).isEqualTo(5 + i);
      top1[i] = one.get("top1").getAsDouble();
    }
    JsonObject first = seeds.get(0).getAsJsonObject();
    assertThat(first.get("top1")).isEqualTo(report.get("top1"));
    assertThat(first.get("loss")).isEqualTo(report.get("loss"));
    assertThat(seeds.get(1).getAsJsonObject().get("loss")).isNotEqualTo(first.get("loss"));
    assertThat(answer.get("top1_mean").getAsDouble())
        .isCloseTo((top1[0] + top1[1]) / 2, within(1e-12));
    assertThat(answer.get("top1_deviation").getAsDouble())
        .isCloseTo(Math.abs(top1[0] - top1[1]) / Math.sqrt(2), within(1e-12));
  }

  @Test
  void withoutValidationThereIsNoTop1() {
    Cli cli =
        Cli.succeed(
            "train",
            "--data",
            data,
            "--validation-split",
            0,
            "--out",
            model.resolveSibling("blind"),
            "--weights",
            "random",
            "--epochs",
            1,
            "--json");

    assertThat(cli.json().get("top1").isJsonNull()).isTrue();
    assertThat(cli.json().get("images").getAsInt()).isEqualTo(TRAIN);
  }

  @Test
  void theSummaryIsForPeople() {
    Path out = root.resolve("a model's folder");
    String text =
        Cli.succeed(
                "train",
                "--data",
                data,
                "--validation",
                validation,
                "--out",
                out,
                "--weights",
                "random",
                "--epochs",
                2,
                "--seed",
                5)
            .out();

    assertThat(text)
        .contains("epoch   loss     top-1   validation loss   validation top-1")
        .contains("Best validation top-1: ")
        .contains("12 images, 0 skipped")
        .contains("Model: " + out)
        .contains("graft predict --model '" + root + "/a model'\\''s folder' IMAGE...")
        .contains("--data " + validation);
  }
}
