package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Compares {@code train} with various options to {@code train} with the defaults. */
class TrainChoicesTest {

  @TempDir static Path root;

  private static Path validation;
  private static Path model;
  private static JsonObject report;

  @BeforeAll
  static void train() throws IOException {
    validation = root.resolve("validation");
    model = root.resolve("model");
    TinyTraining.draw(root);
    report = Cli.succeed(TinyTraining.command(root, model)).json();
  }

  private static JsonObject evaluate(Path trained) {
    return Cli.succeed(
            "evaluate",
            "--model",
            trained,
            "--data",
            validation,
            "--cache",
            root.resolve("features"),
            "--json")
        .json();
  }

  @ParameterizedTest
  @CsvSource({"pool, 512", "fc, 4096"})
  void otherHeadsTrainAndLoad(String head, int features) throws IOException {
    Path out = root.resolve(head);
    // A smaller image makes fc1 small, which has most of the parameters.
    Object[] more = {"--head", head, "--image-size", 32};
    JsonObject trained = Cli.succeed(TinyTraining.command(root, out, more)).json();

    assertThat(trained.get("history")).isNotEqualTo(report.get("history"));
    // Float32 weights and biases of two classes, after a header of less than a kibibyte.
    assertThat(Files.size(out.resolve("head.safetensors")))
        .isBetween(2L * 4 * (features + 1), 2L * 4 * (features + 1) + 1024);
    assertThat(evaluate(out).get("loss")).isEqualTo(trained.get("loss"));
  }

  @Test
  void modelRecordsEveryOptionAndPredicts() throws IOException {
    Path out = root.resolve("choices");
    Object[] choices = {
      "--head",
      "pool",
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
    JsonObject trained = Cli.succeed(TinyTraining.command(root, out, choices)).json();

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
    assertThat(training.get("epoch")).isEqualTo(trained.get("epoch"));
    JsonArray history = trained.getAsJsonArray("history");
    for (int i = 0; i < 2; i++) {
      assertThat(history.get(i).getAsJsonObject().get("learning_rate").getAsDouble())
          .isEqualTo(0.001 * Math.pow(0.5, i));
    }
    JsonObject kept = history.get(trained.get("epoch").getAsInt() - 1).getAsJsonObject();
    assertThat(trained.get("top1")).isEqualTo(kept.get("validation_top1"));
    assertThat(trained.get("loss")).isEqualTo(kept.get("validation_loss"));

    JsonObject evaluation = evaluate(out);
    assertThat(evaluation.get("top1")).isEqualTo(trained.get("top1"));
    assertThat(evaluation.get("loss")).isEqualTo(trained.get("loss"));
    Path cache = root.resolve("features");
    assertThat(
            Cli.succeed("evaluate", "--model", out, "--data", validation, "--cache", cache).out())
        .as("sigmoid outputs have no temperature")
        .doesNotContain("--calibrate");
    JsonArray top =
        Cli.succeed("predict", "--model", out, "--json", validation.resolve("rose/1.jpg"))
            .json()
            .getAsJsonArray("predictions")
            .get(0)
            .getAsJsonObject()
            .getAsJsonArray("top");
    // After so little training the sigmoid outputs are near 0.5. They need not sum to 1.
    assertThat(top)
        .allSatisfy(
            element ->
                assertThat(element.getAsJsonObject().get("probability").getAsDouble())
                    .isBetween(0.05, 0.95));
  }

  @Test
  void severalSeedsShareFeaturesAndTrainLikeSingleRuns() throws IOException {
    Path out = root.resolve("seeds");
    JsonObject trained = Cli.succeed(TinyTraining.command(root, out, "--seeds", 2)).json();

    assertThat(trained.get("feature_rows_computed").getAsInt()).isZero();
    assertThat(trained.get("history")).isEqualTo(report.get("history"));
    assertThat(out.resolve("head.safetensors"))
        .hasSameBinaryContentAs(model.resolve("head.safetensors"));
    JsonArray seeds = trained.getAsJsonArray("seeds");
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
    assertThat(trained.get("top1_mean").getAsDouble())
        .isCloseTo((top1[0] + top1[1]) / 2, within(1e-12));
    assertThat(trained.get("top1_deviation").getAsDouble())
        .isCloseTo(Math.abs(top1[0] - top1[1]) / Math.sqrt(2), within(1e-12));
  }

  @Test
  void calibratedModelKeepsItsTop1AndLowersItsLoss() {
    // After one epoch some validation images are misclassified, so calibration can lower the loss.
    Path out = root.resolve("calibrated");
    Cli cli = Cli.succeed(TinyTraining.command(root, out, "--epochs", 1, "--calibrate"));
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
    Cli.run(TinyTraining.command(root, root.resolve("no"), "--validation-split", 0, "--calibrate"))
        .failsWith(2, "Calibration needs validation images");
    Cli.run("evaluate", "--model", model, "--data", validation, "--top", 0)
        .failsWith(2, "Top is 0");
  }

  @Test
  void top1IsNullWithoutValidationImages() {
    Path out = root.resolve("blind");
    Cli cli = Cli.succeed(TinyTraining.command(root, out, "--validation-split", 0));

    assertThat(cli.json().get("top1").isJsonNull()).isTrue();
    assertThat(cli.json().get("images").getAsInt()).isEqualTo(TinyTraining.TRAIN);
  }
}
