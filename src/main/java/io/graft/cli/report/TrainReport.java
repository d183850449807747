package io.graft.cli.report;

import static io.graft.cli.report.ReportFormat.count;
import static io.graft.cli.report.ReportFormat.format;
import static io.graft.cli.report.ReportFormat.line;
import static io.graft.cli.report.ReportFormat.orNull;
import static io.graft.cli.report.ReportFormat.program;
import static io.graft.cli.report.ReportFormat.quoted;
import static io.graft.cli.report.ReportFormat.share;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.graft.Fit;
import io.graft.backbone.Agreement;
import io.graft.eval.Decision;
import io.graft.eval.Evaluation;
import io.graft.eval.MultiLabelEvaluation;
import io.graft.eval.SingleLabelEvaluation;
import io.graft.train.EpochMetrics;
import io.graft.train.LearningRateSearch;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The report of {@code train} on one training.
 *
 * @param replaced whether an older model was replaced
 * @param test the report on test images; empty without test images
 */
public record TrainReport(
    Fit fit,
    Optional<TestReport> test,
    String device,
    Path model,
    boolean replaced,
    double totalSeconds) {

  /** Returns the report for programs. docs/command-line.md lists the keys. */
  public JsonObject json() {
    JsonObject json = new JsonObject();
    json.add("top1", orNull(kept().validationTop1()));
    if (fit.evaluation().orElse(null) instanceof SingleLabelEvaluation measured) {
      SingleLabelEvaluation.Interval interval = measured.top1Interval(MeasuredReport.SEED);
      json.add(
          "top1_interval", new Gson().toJsonTree(new double[] {interval.low(), interval.high()}));
      json.addProperty("chance", measured.chance());
    } else {
      json.add("top1_interval", JsonNull.INSTANCE);
      json.add("chance", JsonNull.INSTANCE);
    }
    json.add("loss", orNull(kept().validationLoss()));
    json.addProperty("epoch", fit.epoch());
    json.addProperty("temperature", decision().temperature());
    if (decision() instanceof Decision.AtThresholds at) {
      addMultiLabel(json, at.thresholds());
    }
    fit.rateSearch()
        .ifPresent(
            search -> {
              json.addProperty("learning_rate", search.best());
              json.add("learning_rate_search", search.json());
            });
    json.add("history", EpochMetrics.json(fit.history()));
    json.addProperty("images", fit.images());
    json.addProperty("skipped", fit.skipped().size());
    json.add("classes", new Gson().toJsonTree(fit.model().classes()));
    json.addProperty("trained_parameters", fit.model().trainedParameters());
    json.addProperty("frozen_parameters", fit.model().frozenParameters());
    json.addProperty("frozen_sha256", fit.model().card().weightDigest());
    json.addProperty("feature_rows_computed", fit.featureRowsComputed());
    json.addProperty("feature_rows_reused", fit.featureRowsReused());
    json.add("extract_images_per_second", orNull(imagesPerSecond()));
    json.addProperty("device", device);
    json.addProperty("precision", fit.model().card().precision().word());
    json.addProperty("decode", fit.model().card().decode().word());
    json.add("agreement", fit.agreement().map(TrainReport::json).orElse(JsonNull.INSTANCE));
    JsonObject seconds = new JsonObject();
    seconds.addProperty("total", totalSeconds);
    seconds.addProperty("extract", fit.extractSeconds());
    seconds.addProperty("train", fit.trainSeconds());
    json.add("seconds", seconds);
    json.add("test", TestReport.json(test));
    json.addProperty("model", model.toString());
    json.addProperty("replaced", replaced);
    return json;
  }

  private void addMultiLabel(JsonObject json, List<Double> thresholds) {
    Optional<MultiLabelEvaluation> measured =
        fit.evaluation().map(MultiLabelEvaluation.class::cast);
    addMeasured(json, "map", measured.map(MultiLabelEvaluation::meanAveragePrecision));
    addMeasured(json, "macro_f1", measured.map(evaluation -> evaluation.macro().f1()));
    addMeasured(json, "micro_f1", measured.map(evaluation -> evaluation.micro().f1()));
    addMeasured(json, "subset_accuracy", measured.map(MultiLabelEvaluation::subsetAccuracy));
    json.add("thresholds", new Gson().toJsonTree(thresholds));
  }

  private static void addMeasured(JsonObject json, String key, Optional<Double> value) {
    json.add(key, orNull(value.orElse(Double.NaN)));
  }

  private static JsonElement json(Agreement agreement) {
    JsonObject json = new JsonObject();
    json.addProperty("mean_cosine", agreement.mean());
    json.addProperty("smallest_cosine", agreement.smallest());
    return json;
  }

  /**
   * Returns text for people.
   *
   * @param labeled images to name in a command that evaluates the model; none was trained on
   * @param cautions reasons to trust the numbers less
   */
  public String text(Optional<Path> labeled, List<String> cautions) {
    StringBuilder text = new StringBuilder("\n");
    fit.rateSearch().ifPresent(search -> addSearch(text, search));
    line(text, "epoch   loss     top-1   validation loss   validation top-1");
    for (EpochMetrics epoch : fit.history()) {
      line(
          text,
          "%5d   %-8.4f %-7.3f %-17s %s",
          epoch.epoch(),
          epoch.trainLoss(),
          epoch.trainTop1(),
          number("%.4f", epoch.validationLoss()),
          number("%.3f", epoch.validationTop1()));
    }
    text.append('\n');
    best().ifPresent(epoch -> addBest(text, epoch));
    Evaluation evaluation = fit.evaluation().orElse(null);
    if (evaluation instanceof MultiLabelEvaluation measured) {
      addDecisions(text, measured);
    } else if (evaluation instanceof SingleLabelEvaluation measured) {
      ReportFormat.interval(text, measured);
      ReportFormat.confused(text, measured, fit.model().classes());
    }
    cautions.forEach(why -> line(text, "%s", why));
    double temperature = decision().temperature();
    if (temperature != Decision.MostProbable.UNCALIBRATED) {
      line(
          text,
          "Temperature of the probabilities: %.4f, fitted on the validation images.",
          temperature);
    }
    test.ifPresent(report -> line(text, "%s", report.text()));
    line(
        text,
        "%s, %d skipped; %d of the features computed, %d found; frozen layers %.1f s (%son"
            + " %s, %s%s), epochs %.1f s.",
        count(fit.images(), "image"),
        fit.skipped().size(),
        fit.featureRowsComputed(),
        fit.featureRowsReused(),
        fit.extractSeconds(),
        imagesPerSecond().isPresent()
            ? format("%.1f images/s ", imagesPerSecond().getAsDouble())
            : "",
        device,
        fit.model().card().precision().word(),
        ReportFormat.decoded(fit.model().card().decode().word()),
        fit.trainSeconds());
    line(
        text,
        "%,d parameters trained; %,d frozen, unchanged to the bit (SHA-256 %.12s...).",
        fit.model().trainedParameters(),
        fit.model().frozenParameters(),
        fit.model().card().weightDigest());
    line(text, "Model: %s%s", model, replaced ? ", which replaced an older one" : "");
    line(text, "Next:  %s predict --model %s IMAGE...", program(), quoted(model));
    String data = labeled.map(ReportFormat::quoted).orElse("NEW_IMAGES");
    return text + format("       %s evaluate --model %s --data %s", program(), quoted(model), data);
  }

  /** Appends a line per learning rate, and the best. */
  private static void addSearch(StringBuilder text, LearningRateSearch search) {
    line(text, "learning rate   loss on a fifth of the images");
    for (LearningRateSearch.Trial trial : search.trials()) {
      String loss =
          trial.loss().isPresent() ? format("%.4f", trial.loss().getAsDouble()) : "diverged";
      line(text, "%13.0e   %s", trial.learningRate(), loss);
    }
    String end = search.isAtEnd() ? ", at the end of the range: try one beyond it" : "";
    line(text, "Learning rate: %.0e%s.%n", search.best(), end);
  }

  private void addBest(StringBuilder text, EpochMetrics best) {
    line(
        text,
        "Best validation top-1: %.3f in epoch %d; the model is %s, %.3f.",
        best.validationTop1().getAsDouble(),
        best.epoch(),
        keepsBest()
            ? "that of epoch " + fit.epoch() + " (smallest validation loss)"
            : "the last epoch's",
        kept().validationTop1().getAsDouble());
  }

  private static void addDecisions(StringBuilder text, MultiLabelEvaluation measured) {
    line(
        text,
        "Mean average precision %.4f. At the thresholds F1 is %s as the mean of the classes and %s"
            + " over all decisions, and every class is right for %.3f of the images.",
        measured.meanAveragePrecision(),
        share(measured.macro().f1()),
        share(measured.micro().f1()),
        measured.subsetAccuracy());
  }

  private boolean keepsBest() {
    JsonElement patience = fit.model().card().training().get("early_stopping");
    return patience != null && !patience.isJsonNull();
  }

  private Decision decision() {
    return fit.model().card().decision();
  }

  /** Returns the epoch from which the model's parameters were taken. */
  private EpochMetrics kept() {
    return fit.history().get(fit.epoch() - 1);
  }

  private Optional<EpochMetrics> best() {
    return fit.history().stream()
        .filter(epoch -> epoch.validationTop1().isPresent())
        .max(
            Comparator.comparingDouble((EpochMetrics e) -> e.validationTop1().getAsDouble())
                .thenComparing(EpochMetrics::epoch, Comparator.reverseOrder()));
  }

  private OptionalDouble imagesPerSecond() {
    return ReportFormat.imagesPerSecond(fit.featureRowsComputed(), fit.extractSeconds());
  }

  private static String number(String format, OptionalDouble value) {
    return value.isPresent() ? format(format, value.getAsDouble()) : "-";
  }
}
