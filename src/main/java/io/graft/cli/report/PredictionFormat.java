package io.graft.cli.report;

import static io.graft.cli.report.ReportFormat.format;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.graft.eval.Decision;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Formats the answers of a model for {@code predict}: text, JSON and CSV.
 *
 * @param classes the names of the classes
 * @param decision how logits become an answer
 * @param most how many of the most probable classes to report; not used for a multi-label model
 */
public record PredictionFormat(List<String> classes, Decision decision, int most) {

  private static final String LABEL = "label";
  private static final String PROBABILITY = "probability";

  /** Returns a line for people: the path, then classes with their probabilities. */
  public String text(Path path, float[] logits) {
    double[] probabilities = decision.probabilities(logits);
    String named =
        reported(logits, probabilities).stream()
            .map(label -> format("%s %.3f", classes.get(label), probabilities[label]))
            .collect(Collectors.joining("  "));
    return path + "  " + (named.isEmpty() ? "none" : named);
  }

  /** Returns an object with {@code path} and {@code top}, or {@code classes} if multi-label. */
  public JsonObject json(Path path, float[] logits) {
    double[] probabilities = decision.probabilities(logits);
    List<Integer> reported = reported(logits, probabilities);
    JsonObject json = new JsonObject();
    json.addProperty("path", path.toString());
    JsonArray list = new JsonArray();
    if (decision instanceof Decision.AtThresholds at) {
      for (int label : Decision.ranked(logits)) {
        JsonObject one = one(label, probabilities);
        one.addProperty("threshold", at.thresholds().get(label));
        one.addProperty("named", reported.contains(label));
        list.add(one);
      }
      json.add("classes", list);
    } else {
      reported.forEach(label -> list.add(one(label, probabilities)));
      json.add("top", list);
    }
    return json;
  }

  private JsonObject one(int label, double[] probabilities) {
    JsonObject json = new JsonObject();
    json.addProperty(LABEL, classes.get(label));
    json.addProperty(PROBABILITY, probabilities[label]);
    return json;
  }

  /** Returns the names of the columns of {@link #csvRow}. */
  public List<String> csvHeader() {
    List<String> header = new ArrayList<>(List.of("path"));
    if (multiLabel()) {
      header.add("labels");
      header.addAll(probabilityColumns(classes));
    } else {
      for (int rank = 1; rank <= Math.min(most, classes.size()); rank++) {
        header.add(LABEL + "_" + rank);
        header.add(PROBABILITY + "_" + rank);
      }
    }
    return header;
  }

  /** Returns a row of CSV. A multi-label model's row has the probabilities of all classes. */
  public List<String> csvRow(Path path, float[] logits) {
    double[] probabilities = decision.probabilities(logits);
    List<Integer> reported = reported(logits, probabilities);
    List<String> row = new ArrayList<>(List.of(path.toString()));
    if (multiLabel()) {
      row.add(joined(classes, reported));
      row.addAll(texts(probabilities));
    } else {
      for (int label : reported) {
        row.add(classes.get(label));
        row.add(Double.toString(probabilities[label]));
      }
    }
    return row;
  }

  /** Returns the names of the columns with the probabilities of all classes. */
  static List<String> probabilityColumns(List<String> classes) {
    return classes.stream().map(name -> PROBABILITY + "_" + name).toList();
  }

  static List<String> texts(double[] probabilities) {
    return Arrays.stream(probabilities).mapToObj(Double::toString).toList();
  }

  /** Returns labels in the form in which a table of images has them. */
  static String joined(List<String> classes, List<Integer> labels) {
    return labels.stream().sorted().map(classes::get).collect(Collectors.joining("|"));
  }

  private boolean multiLabel() {
    return decision instanceof Decision.AtThresholds;
  }

  /** Returns the classes that an answer reports, the most probable first. */
  private List<Integer> reported(float[] logits, double[] probabilities) {
    List<Integer> ranked = Decision.ranked(logits);
    return decision instanceof Decision.AtThresholds at
        ? ranked.stream()
            .filter(label -> probabilities[label] >= at.thresholds().get(label))
            .toList()
        : ranked.subList(0, Math.min(most, ranked.size()));
  }
}
