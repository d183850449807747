package io.graft.cli.report;

import static io.graft.cli.report.ReportFormat.format;
import static io.graft.cli.report.ReportFormat.line;
import static io.graft.cli.report.ReportFormat.orNull;
import static io.graft.cli.report.ReportFormat.scores;
import static io.graft.cli.report.ReportFormat.share;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.graft.eval.ClassAverage;
import io.graft.eval.ClassCounts;
import io.graft.eval.Decision;
import io.graft.eval.Outputs;
import io.graft.eval.Reliability;
import io.graft.eval.SingleLabelEvaluation;
import java.util.List;

/**
 * The report of {@code evaluate} on a model with one label per image.
 *
 * @param evaluation the evaluation with the model's temperature
 * @param uncalibrated the evaluation without the temperature
 * @param mostTop the largest k of the top-k accuracies
 */
public record EvaluationReport(
    SingleLabelEvaluation evaluation,
    SingleLabelEvaluation uncalibrated,
    Decision.MostProbable decision,
    DriftReport drift,
    List<String> classes,
    SingleLabelEvaluation.Interval interval,
    int mostTop)
    implements MeasuredReport {

  @Override
  public JsonObject json() {
    JsonObject json = new JsonObject();
    json.addProperty("top1", evaluation.top1());
    json.add(
        "top1_interval", new Gson().toJsonTree(new double[] {interval.low(), interval.high()}));
    json.addProperty("chance", evaluation.chance());
    JsonArray topK = new JsonArray();
    for (int k = 1; k <= Math.min(mostTop, classes.size()); k++) {
      topK.add(evaluation.topK(k));
    }
    json.add("top_k", topK);
    addProbabilityMetrics(json, evaluation);
    json.addProperty("temperature", decision.temperature());
    JsonObject before = new JsonObject();
    addProbabilityMetrics(before, uncalibrated);
    json.add("uncalibrated", before);
    json.add("reliability", reliability());
    json.add("classes", perClass());
    json.add("macro", scores(evaluation.macro()));
    json.add("weighted", scores(evaluation.weighted()));
    json.add("confusion", new Gson().toJsonTree(evaluation.confusion()));
    json.add("drift", drift.json());
    json.addProperty("images", evaluation.rows());
    return json;
  }

  private static void addProbabilityMetrics(JsonObject json, SingleLabelEvaluation of) {
    json.addProperty("loss", of.loss());
    json.addProperty("brier", of.brier());
    json.addProperty("calibration_error", of.reliability().expectedCalibrationError());
  }

  private JsonArray reliability() {
    JsonArray bins = new JsonArray();
    for (Reliability.Bin bin : evaluation.reliability().bins()) {
      JsonObject json = new JsonObject();
      json.addProperty("images", bin.rows());
      json.add("confidence", orNull(bin.confidence()));
      json.add("top1", orNull(bin.top1()));
      bins.add(json);
    }
    return bins;
  }

  private JsonArray perClass() {
    JsonArray perClass = new JsonArray();
    List<ClassCounts> counts = evaluation.perClass();
    for (int label = 0; label < classes.size(); label++) {
      ClassCounts one = counts.get(label);
      JsonObject json = new JsonObject();
      json.addProperty("label", classes.get(label));
      json.addProperty("images", one.support());
      ReportFormat.addScores(json, one.precision(), one.recall(), one.f1());
      perClass.add(json);
    }
    return perClass;
  }

  @Override
  public String summary(int skipped) {
    return format(
        "Top-1 %.4f (95 %% interval %.4f to %.4f), loss %.4f over %d images, %d skipped.",
        evaluation.top1(),
        interval.low(),
        interval.high(),
        evaluation.loss(),
        evaluation.rows(),
        skipped);
  }

  @Override
  public String text(int skipped) {
    StringBuilder text = new StringBuilder();
    line(text, "%-24s images  precision  recall  F1", "class");
    List<ClassCounts> counts = evaluation.perClass();
    for (int label = 0; label < classes.size(); label++) {
      ClassCounts one = counts.get(label);
      row(
          text,
          classes.get(label),
          one.support(),
          new ClassAverage(one.precision(), one.recall(), one.f1()));
    }
    row(text, "mean of the classes", evaluation.rows(), evaluation.macro());
    row(text, "mean weighted by images", evaluation.rows(), evaluation.weighted());
    line(text, "%n%s", summary(skipped));
    // If k is the number of classes, top-k accuracy is always 1. It is left out.
    int last = Math.min(mostTop, classes.size() - 1);
    for (int k = 2; k <= last; k++) {
      text.append(format(k == 2 ? "Top-%d %.4f" : ", top-%d %.4f", k, evaluation.topK(k)));
    }
    text.append(last > 1 ? ".\n" : "");
    ReportFormat.confused(text, evaluation, classes);
    probabilities(text);
    line(text, "%s", drift.text());
    return text.toString().stripTrailing();
  }

  private void probabilities(StringBuilder text) {
    boolean calibrated = decision.temperature() != Decision.MostProbable.UNCALIBRATED;
    boolean canCalibrate = decision.outputs() == Outputs.SOFTMAX;
    line(
        text,
        "Probabilities: Brier score %.4f, calibration error %.4f%s.",
        evaluation.brier(),
        evaluation.reliability().expectedCalibrationError(),
        calibrated || !canCalibrate ? "" : "; train --calibrate fits a temperature");
    if (calibrated) {
      line(
          text,
          "Without the temperature of %.4f: loss %.4f, Brier score %.4f, calibration error %.4f.",
          decision.temperature(),
          uncalibrated.loss(),
          uncalibrated.brier(),
          uncalibrated.reliability().expectedCalibrationError());
    }
  }

  private static void row(StringBuilder text, String name, int images, ClassAverage scores) {
    line(
        text,
        "%-24s %6d  %-9s  %-6s  %s",
        name,
        images,
        share(scores.precision()),
        share(scores.recall()),
        share(scores.f1()));
  }
}
