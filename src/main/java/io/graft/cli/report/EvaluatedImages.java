package io.graft.cli.report;

import static io.graft.cli.report.ReportFormat.line;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.graft.data.LabelSets;
import io.graft.data.LabeledImage;
import io.graft.eval.Decision;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The answers of an evaluation, image by image. */
public final class EvaluatedImages {

  /** The largest number of mistakes that are listed. */
  private static final int MOST_LISTED = 10;

  private final List<String> classes;
  private final Decision decision;
  private final List<Answer> answers = new ArrayList<>();

  /**
   * Creates the answers.
   *
   * @param labels the meaning of the images' labels
   * @param logits the logits of each image, float32 (images, classes)
   */
  public EvaluatedImages(
      List<LabeledImage> images,
      LabelSets labels,
      float[][] logits,
      Decision decision,
      List<String> classes) {
    this.classes = classes;
    this.decision = decision;
    for (int row = 0; row < logits.length; row++) {
      LabeledImage image = images.get(row);
      answers.add(
          new Answer(
              image.path(),
              labels.sets().get(image.label()),
              named(logits[row]),
              decision.probabilities(logits[row])));
    }
  }

  /**
   * An image with its true classes, the classes that the model named, and the probabilities of all
   * classes.
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Answer(
      Path path, List<Integer> labels, List<Integer> named, double[] probabilities) {}

  /**
   * A wrong answer.
   *
   * @param label the class that the model named wrongly, or did not name although it is right
   * @param named whether the model named the class
   * @param confidence the probability that the model gave to the wrong answer
   */
  private record Mistake(Answer answer, int label, boolean named, double confidence) {}

  /** Returns the named classes; by logits, as in the metrics, if each image has one class. */
  private List<Integer> named(float[] logits) {
    return decision instanceof Decision.AtThresholds
        ? decision.named(decision.probabilities(logits))
        : Decision.ranked(logits).subList(0, 1);
  }

  private boolean multiLabel() {
    return decision instanceof Decision.AtThresholds;
  }

  /**
   * Writes a CSV file with a row for each image: {@code path,label,predicted,probability}. For a
   * multi-label model: {@code path,labels,predicted} and the probability of every class.
   */
  public void write(Path csv) {
    List<String> header = new ArrayList<>(List.of("path"));
    header.addAll(List.of(multiLabel() ? "labels" : "label", "predicted"));
    header.addAll(
        multiLabel() ? PredictionFormat.probabilityColumns(classes) : List.of("probability"));
    CsvFile.write(
        csv,
        file -> {
          file.row(header);
          answers.forEach(answer -> file.row(row(answer)));
        });
  }

  private List<String> row(Answer answer) {
    List<String> row = new ArrayList<>(List.of(answer.path.toString()));
    row.add(PredictionFormat.joined(classes, answer.labels));
    row.add(PredictionFormat.joined(classes, answer.named));
    row.addAll(
        multiLabel()
            ? PredictionFormat.texts(answer.probabilities)
            : List.of(Double.toString(answer.probabilities[answer.named.get(0)])));
    return row;
  }

  /** Returns the most confident mistakes, the worst first. */
  private List<Mistake> worst() {
    List<Mistake> mistakes = new ArrayList<>();
    for (Answer answer : answers) {
      for (int label = 0; label < classes.size(); label++) {
        boolean named = answer.named.contains(label);
        if (named != answer.labels.contains(label) && (named || multiLabel())) {
          double probability = answer.probabilities[label];
          mistakes.add(new Mistake(answer, label, named, named ? probability : 1 - probability));
        }
      }
    }
    mistakes.sort(Comparator.comparingDouble(Mistake::confidence).reversed());
    return mistakes.subList(0, Math.min(MOST_LISTED, mistakes.size()));
  }

  /**
   * Returns an object for each of the most confident mistakes. docs/command-line.md has the keys.
   */
  public JsonArray worstJson() {
    JsonArray list = new JsonArray();
    for (Mistake mistake : worst()) {
      JsonObject json = new JsonObject();
      json.addProperty("path", mistake.answer.path.toString());
      String name = classes.get(mistake.label);
      if (multiLabel()) {
        json.addProperty("label", name);
        json.addProperty("named", mistake.named);
        json.addProperty("probability", mistake.answer.probabilities[mistake.label]);
      } else {
        json.addProperty("label", PredictionFormat.joined(classes, mistake.answer.labels));
        json.addProperty("predicted", name);
        json.addProperty("probability", mistake.confidence);
      }
      list.add(json);
    }
    return list;
  }

  /** Returns lines with the most confident mistakes; empty if there is none. */
  public String worstText() {
    List<Mistake> worst = worst();
    StringBuilder text = new StringBuilder();
    if (!worst.isEmpty()) {
      line(text, "%n%nThe most confident mistakes:");
    }
    for (Mistake mistake : worst) {
      String name = classes.get(mistake.label);
      line(
          text,
          "%s  %s %.3f",
          mistake.answer.path,
          multiLabel()
              ? "'" + name + (mistake.named ? "' is not there" : "' is missed")
              : "'%s' taken for '%s'"
                  .formatted(PredictionFormat.joined(classes, mistake.answer.labels), name),
          multiLabel() ? mistake.answer.probabilities[mistake.label] : mistake.confidence);
    }
    return text.toString().stripTrailing();
  }
}
