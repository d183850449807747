package io.graft.cli.report;

import static io.graft.cli.report.ReportFormat.format;
import static io.graft.cli.report.ReportFormat.line;
import static io.graft.cli.report.ReportFormat.orNull;
import static io.graft.cli.report.ReportFormat.scores;
import static io.graft.cli.report.ReportFormat.share;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.graft.eval.ClassAverage;
import io.graft.eval.ClassCounts;
import io.graft.eval.MultiLabelEvaluation;
import java.util.List;

/**
 * The report of {@code evaluate} on a multi-label model.
 *
 * @param thresholds the threshold of each class, in the order of the classes
 */
public record MultiLabelReport(
    MultiLabelEvaluation evaluation,
    List<Double> thresholds,
    DriftReport drift,
    List<String> classes)
    implements MeasuredReport {

  @Override
  public JsonObject json() {
    JsonObject json = new JsonObject();
    json.add("map", orNull(evaluation.meanAveragePrecision()));
    json.addProperty("top1", evaluation.top1());
    json.addProperty("subset_accuracy", evaluation.subsetAccuracy());
    json.addProperty("loss", evaluation.loss());
    JsonArray perClass = new JsonArray();
    for (int label = 0; label < classes.size(); label++) {
      ClassCounts counts = evaluation.perClass().get(label);
      JsonObject one = new JsonObject();
      one.addProperty("label", classes.get(label));
      one.addProperty("images", counts.support());
      one.addProperty("threshold", thresholds.get(label));
      one.add("average_precision", orNull(evaluation.averagePrecision()[label]));
      ReportFormat.addScores(one, counts.precision(), counts.recall(), counts.f1());
      perClass.add(one);
    }
    json.add("classes", perClass);
    json.add("macro", scores(evaluation.macro()));
    json.add("micro", scores(evaluation.micro()));
    json.add("drift", drift.json());
    json.addProperty("images", evaluation.rows());
    return json;
  }

  @Override
  public String summary(int skipped) {
    return format(
        "Mean average precision %.4f, loss %.4f over %d images, %d skipped.",
        evaluation.meanAveragePrecision(), evaluation.loss(), evaluation.rows(), skipped);
  }

  @Override
  public String text(int skipped) {
    StringBuilder text = new StringBuilder();
    line(text, "%-24s images  threshold  AP     precision  recall  F1", "class");
    for (int label = 0; label < classes.size(); label++) {
      ClassCounts one = evaluation.perClass().get(label);
      row(
          text,
          classes.get(label),
          one.support(),
          share(thresholds.get(label)),
          share(evaluation.averagePrecision()[label]),
          new ClassAverage(one.precision(), one.recall(), one.f1()));
    }
    row(
        text,
        "mean of the classes",
        evaluation.rows(),
        "",
        share(evaluation.meanAveragePrecision()),
        evaluation.macro());
    row(text, "all decisions together", evaluation.rows(), "", "", evaluation.micro());
    line(text, "%n%s", summary(skipped));
    line(
        text,
        "Every class decided right for %.4f of the images; the most probable one right for %.4f.",
        evaluation.subsetAccuracy(),
        evaluation.top1());
    line(text, "%s", drift.text());
    return text.toString().stripTrailing();
  }

  private static void row(
      StringBuilder text,
      String name,
      int images,
      String threshold,
      String averagePrecision,
      ClassAverage scores) {
    line(
        text,
        "%-24s %6d  %-9s  %-5s  %-9s  %-6s  %s",
        name,
        images,
        threshold,
        averagePrecision,
        share(scores.precision()),
        share(scores.recall()),
        share(scores.f1()));
  }
}
