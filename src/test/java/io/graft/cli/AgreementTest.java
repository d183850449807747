package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.graft.testing.TinyPictures;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVRecord;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code train}, {@code predict --csv} and {@code evaluate --predictions} agree, for every kind of
 * model. The numbers of {@code train} and {@code evaluate} are computed again from the rows of the
 * CSV files, by the formulas of docs/evaluation.md.
 */
@Timeout(120)
class AgreementTest {

  /** More images than two batches of the head. */
  private static final int PER_CLASS = 23;

  /** Room for the last bits of float32; probabilities are far less equal by chance. */
  private static final double NEAR = 1e-5;

  private static final String[] CLASSES = {"rose", "tulip, red", "tulip"};

  @TempDir static Path root;

  @BeforeAll
  static void draw() throws IOException {
    TinyPictures.draw(root.resolve("single/train"), 4, 1, CLASSES);
    TinyPictures.draw(root.resolve("single/val"), PER_CLASS, 2, CLASSES);
    TinyPictures.drawTable(root.resolve("several/train"), 24, 1, "dots", "lines", "rings");
    TinyPictures.drawTable(root.resolve("several/val"), 40, 2, "dots", "lines", "rings");
  }

  private static JsonObject run(Object... words) {
    List<Object> all = new ArrayList<>(Arrays.asList(words));
    all.addAll(List.of("--device", "cpu", "--precision", "fp32", "--json"));
    return Cli.succeed(all.toArray()).json();
  }

  private static JsonObject train(Path train, Path validation, Path model, String options) {
    List<Object> words = new ArrayList<>(List.of("train", "--data", train, "--out", model));
    words.addAll(List.of("--validation", validation, "--backbone", "vgg16_bn_small"));
    words.addAll(List.of("--image-size", 32, "--epochs", 3, "--cache", root.resolve("features")));
    Stream.of(options.split(" ")).filter(word -> !word.isEmpty()).forEach(words::add);
    return run(words.toArray());
  }

  private static JsonObject evaluate(Path data, Path model, Path csv) {
    Path cache = root.resolve("features");
    return run(
        "evaluate", "--data", data, "--model", model, "--predictions", csv, "--cache", cache);
  }

  private static List<CSVRecord> read(Path csv) throws IOException {
    try (Reader reader = Files.newBufferedReader(csv)) {
      return CSVFormat.RFC4180
          .builder()
          .setHeader()
          .setSkipHeaderRecord(true)
          .get()
          .parse(reader)
          .getRecords();
    }
  }

  private static double number(CSVRecord row, String column) {
    return Double.parseDouble(row.get(column));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--head pool",
        "--calibrate --head pool",
        "--hidden 8 --dropout 0.3",
        "--unfreeze block5 --learning-rate 1e-4",
        "--loss binary-cross-entropy"
      })
  void oneLabelPerImage(String options) throws IOException {
    Path val = root.resolve("single/val");
    Path model = root.resolve("model " + options);
    Path answers = root.resolve("answers.csv");
    Path measured = root.resolve("measured.csv");
    JsonObject trained = train(root.resolve("single/train"), val, model, options);
    JsonObject evaluation = evaluate(val, model, measured);
    JsonObject predicted = run("predict", "--model", model, val, "--csv", answers);

    List<CSVRecord> rows = read(answers);
    List<CSVRecord> evaluated = read(measured);
    assertThat(rows).hasSize(3 * PER_CLASS).hasSameSizeAs(evaluated);
    assertThat(predicted.get("images").getAsInt()).isEqualTo(rows.size());
    int right = 0;
    double loss = 0;
    for (int i = 0; i < rows.size(); i++) {
      CSVRecord row = rows.get(i);
      String truth = Path.of(row.get("path")).getParent().getFileName().toString();
      assertThat(evaluated.get(i).get("path")).isEqualTo(row.get("path"));
      assertThat(evaluated.get(i).get("label")).isEqualTo(truth);
      assertThat(evaluated.get(i).get("predicted")).isEqualTo(row.get("label_1"));
      assertThat(number(evaluated.get(i), "probability"))
          .isEqualTo(number(row, "probability_1"), within(NEAR));
      right += row.get("label_1").equals(truth) ? 1 : 0;
      for (int rank = 1; rank <= CLASSES.length; rank++) {
        boolean isTruth = row.get("label_" + rank).equals(truth);
        double p = number(row, "probability_" + rank);
        if (options.contains("binary")) {
          loss -= Math.log(isTruth ? p : 1 - p) / CLASSES.length;
        } else {
          loss -= isTruth ? Math.log(p) : 0;
        }
      }
    }
    double top1 = (double) right / rows.size();
    assertThat(evaluation.get("top1").getAsDouble()).isEqualTo(top1);
    assertThat(trained.get("top1").getAsDouble()).isEqualTo(top1);
    assertThat(evaluation.get("loss").getAsDouble())
        .isEqualTo(loss / rows.size(), within(100 * NEAR));
    JsonObject before = evaluation.getAsJsonObject("uncalibrated");
    assertThat(trained.get("loss").getAsDouble())
        .isEqualTo(before.get("loss").getAsDouble(), within(NEAR));
    assertThat(options.contains("calibrate"))
        .isEqualTo(evaluation.get("temperature").getAsDouble() != 1);
    namesTheWorst(evaluation, evaluated);
  }

  private static void namesTheWorst(JsonObject evaluation, List<CSVRecord> evaluated) {
    List<String> worst =
        evaluated.stream()
            .filter(row -> !row.get("label").equals(row.get("predicted")))
            .sorted(Comparator.comparingDouble(row -> -number(row, "probability")))
            .limit(10)
            .map(row -> row.get("path") + row.get("label") + row.get("predicted"))
            .toList();
    assertThat(
            evaluation.getAsJsonArray("worst").asList().stream().map(JsonElement::getAsJsonObject))
        .extracting(
            one ->
                one.get("path").getAsString()
                    + one.get("label").getAsString()
                    + one.get("predicted").getAsString())
        .isEqualTo(worst);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "--fit-thresholds --unfreeze block5"})
  void severalLabelsPerImage(String options) throws IOException {
    Path val = root.resolve("several/val");
    Path model = root.resolve("several " + options);
    Path answers = root.resolve("answers.csv");
    Path measured = root.resolve("measured.csv");
    JsonObject trained =
        train(
            root.resolve("several/train/table.csv"),
            val.resolve("table.csv"),
            model,
            "--loss binary-cross-entropy " + options);
    JsonObject evaluation = evaluate(val.resolve("table.csv"), model, measured);
    run("predict", "--model", model, val, "--csv", answers);

    List<CSVRecord> rows = read(answers);
    List<CSVRecord> evaluated = read(measured);
    assertThat(rows).hasSize(40).hasSameSizeAs(evaluated);
    int right = 0;
    double loss = 0;
    for (int i = 0; i < rows.size(); i++) {
      CSVRecord row = rows.get(i);
      CSVRecord truth = evaluated.get(i);
      assertThat(truth.get("path")).isEqualTo(row.get("path"));
      assertThat(truth.get("predicted")).isEqualTo(row.get("labels"));
      right += truth.get("labels").equals(row.get("labels")) ? 1 : 0;
      for (String name : List.of("dots", "lines", "rings")) {
        double p = number(row, "probability_" + name);
        assertThat(number(truth, "probability_" + name)).isEqualTo(p, within(NEAR));
        loss -= Math.log(List.of(truth.get("labels").split("\\|")).contains(name) ? p : 1 - p) / 3;
      }
    }
    for (JsonObject report : List.of(trained, evaluation)) {
      assertThat(report.get("subset_accuracy").getAsDouble()).isEqualTo(right / 40.0);
      assertThat(report.get("loss").getAsDouble()).isEqualTo(loss / 40, within(100 * NEAR));
    }
    assertThat(evaluation.get("map")).isEqualTo(trained.get("map"));
    JsonObject first = evaluation.getAsJsonArray("worst").get(0).getAsJsonObject();
    assertThat(first.keySet()).containsExactly("path", "label", "named", "probability");
    CSVRecord row =
        evaluated.stream()
            .filter(one -> one.get("path").equals(first.get("path").getAsString()))
            .findFirst()
            .orElseThrow();
    String label = first.get("label").getAsString();
    boolean named = first.get("named").getAsBoolean();
    assertThat(List.of(row.get("predicted").split("\\|")).contains(label)).isEqualTo(named);
    assertThat(List.of(row.get("labels").split("\\|")).contains(label)).isEqualTo(!named);
  }
}
