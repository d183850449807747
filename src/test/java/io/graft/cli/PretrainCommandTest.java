package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.graft.tensors.SafetensorsFile;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code pretrain} on a few drawn pictures, and {@code train} with the resulting weights. */
class PretrainCommandTest {

  private static final String NAME = "vgg16_bn.w0.0625.s32";
  private static final int CLASSES = 4;
  private static final int IMAGES = CLASSES * 12;

  @TempDir static Path root;

  private static Path data;
  private static Path weights;
  private static JsonObject report;

  @BeforeAll
  static void pretrain() {
    data = root.resolve("drawn");
    Cli.succeed(
        "draw", "--out", data, "--classes", CLASSES, "--per-class", IMAGES / CLASSES, "--size", 40);
    weights = root.resolve("backbone.safetensors");
    report = Cli.succeed(command(weights, "--json")).json();
  }

  private static Object[] command(Path out, Object... more) {
    List<Object> words = new ArrayList<>(List.of("pretrain", "--data", data, "--out", out));
    words.addAll(List.of("--width", 0.0625, "--image-size", 32));
    if (!List.of(more).contains("--epochs")) {
      words.addAll(List.of("--epochs", 2));
    }
    words.addAll(List.of("--batch-size", 16, "--validation-split", 0.25, "--device", "cpu"));
    words.addAll(List.of(more));
    return words.toArray();
  }

  @Test
  void reportsEveryDocumentedKey() {
    assertThat(report.keySet())
        .containsExactly(
            "backbone",
            "train_top1",
            "top1",
            "history",
            "images",
            "skipped",
            "not_read",
            "split_folders",
            "split_column",
            "groups",
            "test",
            "duplicates",
            "images_per_second",
            "device",
            "decode",
            "seconds",
            "out");
    assertThat(report.get("backbone").getAsString()).isEqualTo(NAME);
    assertThat(report.get("images").getAsInt()).isEqualTo(IMAGES);
    assertThat(report.get("skipped").getAsInt()).isZero();
    assertThat(report.get("device").getAsString()).isEqualTo("cpu");
    assertThat(report.get("out").getAsString()).isEqualTo(weights.toString());
    JsonArray history = report.getAsJsonArray("history");
    assertThat(history).hasSize(2);
    JsonObject last = history.get(1).getAsJsonObject();
    assertThat(report.get("top1")).isEqualTo(last.get("validation_top1"));
    assertThat(report.get("train_top1")).isEqualTo(last.get("train_top1"));
    assertThat(last.get("learning_rate").getAsDouble()).as("one-cycle ends low").isLessThan(1e-6);
  }

  @Test
  void weightFileHoldsTheTensorsAndTheBackboneName() {
    try (SafetensorsFile file = SafetensorsFile.open(weights)) {
      assertThat(file.metadata())
          .containsEntry("graft_backbone", NAME)
          .containsEntry("format", "pt");
      // 13 convolutions with 2 tensors each, and 13 batch normalisations with 4 each.
      assertThat(file.tensors()).hasSize(13 * 6);
      assertThat(file.tensors().values()).allMatch(tensor -> tensor.type() == TensorType.F16);
      TensorInfo first = file.tensors().get("features.0.weight");
      assertThat(first.shape()).containsExactly(4L, 3L, 3L, 3L);
    }
  }

  @Test
  void sameSeedGivesTheSameBytesAndAnotherSeedDoesNot() throws IOException {
    Path again = root.resolve("again.safetensors");
    Cli cli = Cli.succeed(command(again));
    Path other = root.resolve("other.safetensors");
    Cli.succeed(command(other, "--seed", 43));

    assertThat(again).hasSameBinaryContentAs(weights);
    assertThat(Files.mismatch(other, weights)).isNotNegative();
    assertThat(cli.out()).contains(NAME, "48 images, 2 epochs", "graft train --data DIR --weights");
  }

  @Test
  void resumeAllowsMoreEpochsOnlyIfTheScheduleDoesNotDependOnThem() {
    Path whole = root.resolve("whole.safetensors");
    Path grown = data.resolve("grown.safetensors");
    Object[] constant = {"--schedule", "constant", "--keep-checkpoint"};
    Cli.succeed(command(grown, constant));
    assertThat(data.resolve("grown.safetensors.checkpoint")).exists();

    Cli.succeed(command(grown, "--schedule", "constant", "--epochs", 3, "--resume"));

    assertThat(data.resolve("grown.safetensors.checkpoint")).doesNotExist();
    Cli.succeed(command(whole, "--schedule", "constant", "--epochs", 3));
    assertThat(grown).hasSameBinaryContentAs(whole);
    Cli.succeed(command(grown, "--keep-checkpoint"));
    Cli.run(command(grown, "--epochs", 3, "--resume"))
        .failsWith(2, "another training: epochs was 2 and is 3", "schedule one-cycle");
  }

  @Test
  void trainsWithoutAugmentation() {
    Path plain = root.resolve("plain.safetensors");
    Cli.succeed(command(plain, "--augment", "none", "--dtype", "float32"));

    try (SafetensorsFile file = SafetensorsFile.open(plain)) {
      assertThat(file.tensors().values()).allMatch(tensor -> tensor.type() == TensorType.F32);
    }
    Cli.run(command(plain, "--augment", "none", "--views", "fresh"))
        .failsWith(2, "without an augmentation: expected 1");
  }

  @Test
  void trainUsesPretrainedWeightsAtAnyImageSize() throws IOException {
    Path model = root.resolve("model");
    Cli cli = Cli.succeed(train(model, "--image-size", 64, "--unfreeze", "block5", "--epochs", 2));

    assertThat(cli.err()).contains("holds the weights of " + NAME);
    JsonObject card =
        JsonParser.parseString(Files.readString(model.resolve("graft.json"))).getAsJsonObject();
    assertThat(card.get("backbone").getAsString()).isEqualTo("vgg16_bn.w0.0625.s64");
    Cli evaluated = Cli.succeed("evaluate", "--model", model, "--data", data, "--json");
    assertThat(evaluated.json().get("top1")).isEqualTo(cli.json().get("top1"));
    assertThat(evaluated.json().get("loss")).isEqualTo(cli.json().get("loss"));
  }

  private static Object[] train(Path out, Object... more) {
    List<Object> words = new ArrayList<>(List.of("train", "--data", data, "--out", out));
    words.addAll(List.of("--validation", data, "--weights", weights, "--device", "cpu"));
    words.addAll(List.of("--cache", "off", "--precision", "fp32", "--json"));
    words.addAll(List.of(more));
    return words.toArray();
  }

  @Test
  void weightsOfAnotherNetworkAreRefused() {
    Cli.run(train(root.resolve("no"), "--backbone", "vgg19"))
        .failsWith(4, "holds weights of " + NAME, "the backbone is vgg19");
  }

  @Test
  void invalidValuesAreRefused() {
    Path no = root.resolve("no.safetensors");
    refused(no, "--width", 0.3).failsWith(2, "Width is 0.3", "such as 0.25");
    refused(no, "--width", 0).failsWith(2, "Width is 0");
    refused(no, "--image-size", 50).failsWith(2, "Image size is 50", "multiple of 32");
    refused(no, "--backbone", "vgg17_bn").failsWith(2, "No network 'vgg17_bn'; did you mean 'vgg1");
    refused(no, "--learning-rate", "auto").failsWith(2, "does not search", "such as 0.001");
    Cli.run(train(no, "--image-size", 100)).failsWith(2, "Image size is 100");
    assertThat(no).doesNotExist();
  }

  private static Cli refused(Path out, String option, Object value) {
    return Cli.run("pretrain", "--data", data, "--out", out, option, value);
  }

  @Test
  void helpShowsTheDefaultsOfPretrain() {
    String pretrain = Cli.succeed("pretrain", "--help").out().replaceAll("\\s+", " ");
    String train = Cli.succeed("train", "--help").out().replaceAll("\\s+", " ");

    assertThat(pretrain)
        .contains("as in PyTorch; adamw if absent", "in PyTorch; one-cycle if absent")
        .contains("flip and colours); crop if absent", "(the output of fc2); pool if absent");
    assertThat(train)
        .contains("as in PyTorch; adam if absent", "in PyTorch; constant if absent")
        .contains("flip and colours); none if absent", "(the output of fc2); flatten if absent");
  }
}
