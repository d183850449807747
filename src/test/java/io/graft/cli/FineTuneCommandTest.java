package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code train} with {@code --unfreeze} and {@code --stages}. */
class FineTuneCommandTest {

  @TempDir static Path root;

  @BeforeAll
  static void draw() throws IOException {
    TinyPictures.draw(root.resolve("data"), 4, 1, "rose", "tulip");
    TinyPictures.draw(root.resolve("validation"), 3, 2, "rose", "tulip");
  }

  private static Object[] command(Path out, Object... more) {
    List<Object> words = new ArrayList<>(List.of("train", "--data", root.resolve("data")));
    words.addAll(List.of("--validation", root.resolve("validation"), "--out", out));
    words.addAll(List.of("--backbone", "vgg16_bn.w0.0625.s64", "--weights", "random"));
    words.addAll(List.of("--batch-size", 3, "--seed", 5, "--device", "cpu"));
    words.addAll(List.of("--cache", root.resolve("features"), "--json"));
    words.addAll(List.of(more));
    return words.toArray();
  }

  @ParameterizedTest
  @CsvSource({
    "--unfreeze block5, 1, block5, F16",
    "--unfreeze all, 1, all, F32",
    "--unfreeze features.40 --train-precision bf16 --dtype float32, 1, features.40, F32",
    "--stages head:1;block5:2@1e-4 --lr-decay-per-block 0.3, 2, block5, F16",
    "--unfreeze block4 --augment crop --views 2 --precision bf16, 1, block4, F16",
    "--unfreeze block5 --augment flip --views fresh --cache-limit 1, 1, block5, F16",
  })
  void savedModelHasTheMetricsOfTraining(String choice, int stages, String unfreeze, String rows)
      throws IOException {
    Path out = root.resolve("model" + choice.hashCode());
    List<Object> choices = new ArrayList<>(List.of(choice.replace(';', ',').split(" ")));
    if (stages == 1) {
      choices.addAll(List.of("--epochs", 2));
    }
    JsonObject trained = Cli.succeed(command(out, choices.toArray())).json();

    Path validation = root.resolve("validation");
    JsonObject evaluated =
        Cli.succeed("evaluate", "--model", out, "--data", validation, "--json").json();
    assertThat(evaluated.get("top1")).isEqualTo(trained.get("top1"));
    assertThat(evaluated.get("loss")).isEqualTo(trained.get("loss"));
    JsonObject card =
        JsonParser.parseString(Files.readString(out.resolve("graft.json"))).getAsJsonObject();
    assertThat(card.get("unfreeze").getAsString()).isEqualTo(unfreeze);
    assertThat(card.get("rows").getAsString()).isEqualToIgnoringCase(rows);
    assertThat(card.getAsJsonObject("training").getAsJsonArray("stages")).hasSize(stages);
    assertThat(probabilityOfTheRose(out)).isBetween(0.0, 1.0);
  }

  private static double probabilityOfTheRose(Path model) {
    Path image = root.resolve("validation/rose/1.jpg");
    JsonArray top =
        Cli.succeed("predict", "--model", model, "--json", image)
            .json()
            .getAsJsonArray("predictions")
            .get(0)
            .getAsJsonObject()
            .getAsJsonArray("top");
    double sum = 0;
    double rose = Double.NaN;
    for (int i = 0; i < top.size(); i++) {
      JsonObject prediction = top.get(i).getAsJsonObject();
      sum += prediction.get("probability").getAsDouble();
      if (prediction.get("label").getAsString().equals("rose")) {
        rose = prediction.get("probability").getAsDouble();
      }
    }
    assertThat(sum).isCloseTo(1, within(1e-6));
    return rose;
  }

  @Test
  void featuresBeyondTheCacheLimitAreReportedAndComputedInEveryEpoch() {
    Path out = root.resolve("limited");
    Cli cli =
        Cli.succeed(command(out, "--unfreeze", "block3", "--epochs", 1, "--cache-limit", "1KB"));

    // 8 images with 8 channels of 16 x 16 values of 2 bytes each.
    assertThat(cli.err())
        .contains("Features at block2_pool would take 32.0 KiB, more than the 1000 B allowed");
    assertThat(cli.err().indexOf("would take")).isLessThan(cli.err().indexOf("epoch 1/1"));
    // The only epoch computes each training and validation image once. No row is stored.
    assertThat(cli.json().get("feature_rows_computed").getAsInt()).isEqualTo(8 + 6);
    assertThat(cli.json().get("feature_rows_reused").getAsInt()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "head, 'head' is not a stage",
    "head:, 'head:' is not a stage",
    "head:x, 'head:x' is not a stage",
    "block5:3@, 'block5:3@' is not a stage",
    "block5:3@fast, 'block5:3@fast' is not a stage",
    "block5:3:4, 'block5:3:4' is not a stage",
    "head:99999999999, 'head:99999999999' is not a stage",
    "head:-1, 'head:-1' is not a stage",
    "head:2;;block5:1, '' is not a stage",
    "head:0, Epochs is 0",
    "head:2@0, Learning rate is 0",
    "head:2@NaN, Learning rate is NaN",
    "head:1;blok5:1, did you mean 'block5'?",
    "block5:1;head:1, Stage 2 freezes layers",
    "fc:1, fc with the head fc",
  })
  void invalidStagesAreRefused(String stages, String message) {
    Path out = root.resolve("refused");
    Cli.run(command(out, "--stages", stages.replace(';', ','))).failsWith(2, message);
    assertThat(out).doesNotExist();
  }

  @Test
  void stagesExcludeUnfreezeAndEpochs() {
    Path out = root.resolve("refused");
    Cli.run(command(out, "--stages", "head:1", "--unfreeze", "block5"))
        .failsWith(2, "--stages and --", "--unfreeze");
    Cli.run(command(out, "--stages", "head:1", "--epochs", 3)).failsWith(2, "--epochs");
  }

  @ParameterizedTest
  @CsvSource({
    "--unfreeze, blok5, did you mean 'block5'?",
    "--unfreeze, fc, fc with the head fc",
    "--unfreeze, '', Unfreeze is empty",
    "--lr-decay-per-block, 0, decay per block is 0",
    "--lr-decay-per-block, 1.5, decay per block is 1.5",
    "--train-precision, bf17, did you mean 'bf16'?",
    "--train-precision, int8, No train precision 'int8'",
    "--train-precision, tf32, only NVIDIA GPUs have",
    "--views, 0, Views is '0'",
    "--views, many, Views is 'many'",
    "--views, 3, Options: --augment",
    "--augment, flop, did you mean 'flip'?",
    "--dtype, int8, neither float16 nor float32",
  })
  void valuesOutOfRangeAreRefused(String option, String value, String message) {
    Cli.run(command(root.resolve("refused"), option, value)).failsWith(2, message);
  }
}
