package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.graft.features.FeatureStore;
import io.graft.tensors.SafetensorsFile;
import io.graft.testing.TinyPictures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code train} on a multi-label table, and {@code evaluate} and {@code predict} with the model.
 * Each half of an image shows one of three classes or none. The weights are random.
 */
class MultiLabelCommandTest {

  private static final int TRAIN = 32;
  private static final int VALIDATION = 16;

  @TempDir static Path root;

  private static Path data;
  private static Path validation;
  private static Path model;
  private static Cli trained;
  private static JsonObject report;

  @BeforeAll
  static void train() throws IOException {
    data = TinyPictures.drawTable(root.resolve("data"), TRAIN, 1, "dots", "lines", "rings");
    validation =
        TinyPictures.drawTable(root.resolve("validation"), VALIDATION, 2, "dots", "lines", "rings");
    model = root.resolve("model");
    trained =
        Cli.succeed(
            command(
                model,
                "--validation",
                validation,
                "--loss",
                "binary-cross-entropy",
                "--json",
                "--fit-thresholds"));
    report = trained.json();
  }

  private static Object[] command(Path out, Object... more) {
    List<Object> words = new ArrayList<>(List.of("train", "--data", data, "--out", out));
    words.addAll(List.of("--weights", "random", "--backbone", "vgg11", "--image-size", 96));
    words.addAll(List.of("--head", "pool"));
    words.addAll(List.of("--learning-rate", 0.03, "--schedule", "one-cycle", "--seed", 1));
    words.addAll(List.of("--device", "cpu", "--precision", "fp32"));
    words.addAll(List.of("--cache", root.resolve("features")));
    words.addAll(Arrays.asList(more));
    if (!words.contains("--epochs")) {
      words.addAll(List.of("--epochs", 40));
    }
    return words.toArray();
  }

  private static Object[] evaluate(Path trained, Path images, Object... more) {
    List<Object> words = new ArrayList<>(List.of("evaluate", "--model", trained, "--data", images));
    words.addAll(List.of("--device", "cpu", "--cache", root.resolve("features")));
    words.addAll(Arrays.asList(more));
    return words.toArray();
  }

  @Test
  void meanAveragePrecisionIsFarAboveChance() {
    // Each class is in 7 of the 16 validation images, so random scores would reach 7 / 16.
    assertThat(report.get("map").getAsDouble()).isGreaterThan(0.9);
    assertThat(report.get("macro_f1").getAsDouble()).isGreaterThan(0.85);
    assertThat(trained.err())
        .contains("32 training images in 3 classes, 16 validation images", "epoch 40/40");
  }

  @Test
  void evaluateConfirmsTheReportOfTrain() {
    JsonObject evaluation = Cli.succeed(evaluate(model, validation, "--json")).json();

    for (String key : List.of("map", "top1", "loss", "subset_accuracy")) {
      assertThat(evaluation.get(key)).as(key).isEqualTo(report.get(key));
    }
    assertThat(evaluation.getAsJsonObject("macro").get("f1")).isEqualTo(report.get("macro_f1"));
    assertThat(evaluation.getAsJsonObject("micro").get("f1")).isEqualTo(report.get("micro_f1"));
    assertThat(evaluation.get("feature_rows_reused").getAsInt()).isEqualTo(VALIDATION);
    JsonArray classes = evaluation.getAsJsonArray("classes");
    for (int label = 0; label < 3; label++) {
      JsonObject entry = classes.get(label).getAsJsonObject();
      assertThat(entry.get("label")).isEqualTo(report.getAsJsonArray("classes").get(label));
      assertThat(entry.get("images").getAsInt()).isEqualTo(7);
      assertThat(entry.get("threshold")).isEqualTo(report.getAsJsonArray("thresholds").get(label));
      assertThat(entry.keySet())
          .containsExactlyInAnyOrder(
              "label", "images", "threshold", "average_precision", "precision", "recall", "f1");
    }
    assertThat(evaluation.getAsJsonObject("drift").get("images").getAsInt()).isEqualTo(VALIDATION);
    assertThat(Cli.succeed(evaluate(model, validation)).out())
        .contains("all decisions together", "Mean average precision", "Drift from the training");
  }

  @Test
  void predictNamesTheClassesThatReachTheirThreshold() throws IOException {
    double[] thresholds = new Gson().fromJson(report.getAsJsonArray("thresholds"), double[].class);
    JsonObject card =
        JsonParser.parseString(Files.readString(model.resolve("graft.json"))).getAsJsonObject();
    assertThat(card.get("thresholds")).isEqualTo(report.get("thresholds"));
    Object[] images = {root.resolve("validation/0.jpg"), root.resolve("validation/15.jpg")};
    List<Object> words = new ArrayList<>(List.of("predict", "--model", model, "--device", "cpu"));
    words.addAll(Arrays.asList(images));
    Cli text = Cli.succeed(words.toArray());
    words.add("--json");
    JsonArray predictions = Cli.succeed(words.toArray()).json().getAsJsonArray("predictions");

    for (int i = 0; i < 2; i++) {
      JsonObject prediction = predictions.get(i).getAsJsonObject();
      assertThat(prediction.keySet()).containsExactly("path", "classes");
      double before = 1;
      List<String> named = new ArrayList<>();
      for (JsonElement element : prediction.getAsJsonArray("classes")) {
        JsonObject entry = element.getAsJsonObject();
        double probability = entry.get("probability").getAsDouble();
        int label = report.getAsJsonArray("classes").asList().indexOf(entry.get("label"));
        assertThat(probability).isLessThanOrEqualTo(before);
        assertThat(entry.get("threshold").getAsDouble()).isEqualTo(thresholds[label]);
        assertThat(entry.get("named").getAsBoolean()).isEqualTo(probability >= thresholds[label]);
        if (entry.get("named").getAsBoolean()) {
          named.add("%s %.3f".formatted(entry.get("label").getAsString(), probability));
        }
        before = probability;
      }
      assertThat(prediction.getAsJsonArray("classes")).hasSize(3);
      assertThat(text.out().lines().toList().get(i))
          .isEqualTo(images[i] + "  " + (named.isEmpty() ? "none" : String.join("  ", named)));
    }
    // Both halves of the first image show dots, and both of the last are grey.
    assertThat(text.out().lines().toList().get(0)).contains("dots").doesNotContain("rings");
    assertThat(text.out().lines().toList().get(1)).endsWith("  none");
    Cli.run("predict", "--model", model, "--top", 2, images[0])
        .failsWith(2, "--top is for models with one label per image");
  }

  @Test
  void severalSeedsReportMeanAveragePrecision() {
    Object[] more = {
      "--validation-split", 0.25, "--loss", "binary-cross-entropy", "--seeds", 2, "--epochs", 3
    };
    JsonObject json = Cli.succeed(command(root.resolve("seeds"), with(more, "--json"))).json();

    assertThat(json.get("images").getAsInt()).isEqualTo(TRAIN);
    assertThat(json.get("thresholds").toString()).isEqualTo("[0.5,0.5,0.5]");
    double[] maps = new double[2];
    for (int i = 0; i < 2; i++) {
      maps[i] = json.getAsJsonArray("seeds").get(i).getAsJsonObject().get("map").getAsDouble();
    }
    assertThat(json.get("map").getAsDouble()).isEqualTo(maps[0]);
    assertThat(json.get("map_mean").getAsDouble()).isEqualTo((maps[0] + maps[1]) / 2);
    assertThat(Cli.succeed(command(root.resolve("seeds"), more)).out())
        .contains("Mean average precision over 2 seeds: mean")
        .doesNotContain("Most confused");
  }

  @Test
  void metricsAreNullWithoutValidationImages() {
    Object[] more = {
      "--validation-split", 0, "--loss", "binary-cross-entropy", "--epochs", 1, "--json"
    };
    JsonObject json = Cli.succeed(command(root.resolve("blind"), more)).json();

    for (String key : List.of("top1", "loss", "map", "macro_f1", "micro_f1", "subset_accuracy")) {
      assertThat(json.get(key).isJsonNull()).as(key).isTrue();
    }
  }

  @Test
  void extractWritesTheLabelSets() throws IOException {
    Path table = root.resolve("few.csv");
    Files.writeString(
        table, "path,labels\ndata/1.jpg,dots|lines\ndata/2.jpg,\ndata/5.jpg,lines|dots\n");
    Path out = root.resolve("features.safetensors");
    Cli.succeed(
        "extract",
        "--data",
        table,
        "--out",
        out,
        "--weights",
        "random",
        "--backbone",
        "vgg11",
        "--boundary",
        "block1_pool",
        "--device",
        "cpu",
        "--precision",
        "fp32",
        "--cache",
        "off");

    try (SafetensorsFile file = SafetensorsFile.open(out)) {
      assertThat(file.metadata())
          .containsEntry("label_sets", "[[0,1],[]]")
          .containsEntry("classes", "[\"dots\",\"lines\"]");
    }
    try (FeatureStore store = FeatureStore.open(out)) {
      assertThat(store.labels()).containsExactly(0, 1, 0);
    }
  }

  @Test
  void optionsForOneLabelPerImageAreRefused() throws IOException {
    Path out = root.resolve("refused");
    Cli.run(command(out))
        .failsWith(2, "The loss is cross-entropy", "binary-cross-entropy. Options: --loss.");
    Object[][] options = {
      {"--class-weights", "balanced"}, {"--sampling", "balanced"}, {"--calibrate"}
    };
    for (Object[] option : options) {
      Cli.run(command(out, with(option, "--loss", "binary-cross-entropy")))
          .failsWith(2, String.valueOf(option[0]));
    }
    Cli.run(
            command(
                out, "--loss", "binary-cross-entropy", "--fit-thresholds", "--validation-split", 0))
        .failsWith(2, "Fitting thresholds needs validation images");

    assertThat(out).doesNotExist();
  }

  /**
   * Evaluates a multi-label model on single-label data, and a single-label model on multi-label
   * data.
   */
  @Test
  void onlyMultiLabelModelsAcceptSingleLabelAndMultiLabelData() throws IOException {
    Path folder = root.resolve("single");
    TinyPictures.draw(folder, 3, 1, "dots", "lines");
    Path single = root.resolve("single.csv");
    Files.writeString(single, "path,label\nsingle/dots/1.jpg,dots\nsingle/lines/1.jpg,lines\n");
    Path out = root.resolve("single-model");
    Object[] words = command(out, "--validation-split", 0, "--epochs", 1);
    words[2] = folder;
    Cli.succeed(words);

    Cli.run(evaluate(out, validation)).failsWith(3, "Unknown class");
    Path known = root.resolve("known.csv");
    Files.writeString(known, "path,labels\nsingle/dots/1.jpg,dots\nsingle/lines/1.jpg,lines\n");
    Cli.run(evaluate(out, known)).failsWith(3, "the model gives each image one class");
    words = command(out, "--validation", known, "--epochs", 1);
    words[2] = folder;
    Cli.run(words).failsWith(3, "the training images have one label each");
    words = command(out, "--fit-thresholds");
    words[2] = folder;
    Cli.run(words).failsWith(2, "these have one label each");

    JsonObject evaluation = Cli.succeed(evaluate(model, single, "--json")).json();
    assertThat(evaluation.get("images").getAsInt()).isEqualTo(2);
    assertThat(evaluation.has("map")).isTrue();
  }

  private static Object[] with(Object[] words, Object... more) {
    List<Object> all = new ArrayList<>(Arrays.asList(words));
    all.addAll(Arrays.asList(more));
    return all.toArray();
  }
}
