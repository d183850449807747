package io.graft.cli.report;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.graft.Fit;
import io.graft.backbone.Agreement;
import io.graft.eval.Decision;
import io.graft.eval.MultiLabelEvaluation;
import io.graft.eval.SingleLabelEvaluation;
import io.graft.train.EpochMetrics;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/** What {@code train} says at its end, to programs and to people. */
public record TrainReport(Fit fit, String device, Path model, double totalSeconds) {

  private static final int SHOWN_DIGITS = 12;

  /** The object that tools read; its keys are documented in docs/command-line.md. */
  public JsonObject json() {
    JsonObject json = new JsonObject();
    json.add("top1", orNull(kept().validationTop1()));
    json.add("loss", orNull(kept().validationLoss()));
    json.addProperty("epoch", fit.epoch());
    json.addProperty("temperature", decision().temperature());
    if (decision() instanceof Decision.AtThresholds at) {
      addMultiLabel(json, at.thresholds());
    }
    fit.rateSearch().map(RateSearchReport::new).ifPresent(search -> search.addTo(json));
    json.add("history", EpochMetrics.json(fit.history()));
    json.addProperty("images", fit.images());
    json.addProperty("skipped", fit.skipped().size());
    json.add("classes", new Gson().toJsonTree(fit.model().classes()));
    json.addProperty("trained_parameters", fit.model().trainedParameters());
    json.addProperty("frozen_parameters", fit.model().frozenParameters());
    json.addProperty("frozen_sha256", fit.model().card().weightDigest());
    json.addProperty("feature_rows_computed", fit.featureRowsComputed());
    json.addProperty("feature_rows_reused", fit.featureRowsReused());
    json.addProperty("extract_images_per_second", imagesPerSecond());
    json.addProperty("device", device);
    json.addProperty("precision", fit.model().card().precision().word());
    json.add("agreement", fit.agreement().map(TrainReport::json).orElse(JsonNull.INSTANCE));
    JsonObject seconds = new JsonObject();
    seconds.addProperty("total", totalSeconds);
    seconds.addProperty("extract", fit.extractSeconds());
    seconds.addProperty("train", fit.trainSeconds());
    json.add("seconds", seconds);
    json.addProperty("model", model.toString());
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
    json.add(key, ReportFormat.orNull(value.orElse(Double.NaN)));
  }

  private static JsonElement json(Agreement agreement) {
    JsonObject json = new JsonObject();
    json.addProperty("mean_cosine", agreement.mean());
    json.addProperty("smallest_cosine", agreement.smallest());
    return json;
  }

  /** A summary that ends with what to run next; {@code labeled} is what to evaluate on. */
  public String text(Optional<Path> labeled) {
    StringBuilder text = new StringBuilder("\n");
    fit.rateSearch().map(RateSearchReport::new).ifPresent(search -> text.append(search.text()));
    text.append("epoch   loss     top-1   validation loss   validation top-1\n");
    for (EpochMetrics epoch : fit.history()) {
      text.append(
          String.format(
              Locale.ROOT,
              "%5d   %-8.4f %-7.3f %-17s %s%n",
              epoch.epoch(),
              epoch.trainLoss(),
              epoch.trainTop1(),
              number("%.4f", epoch.validationLoss()),
              number("%.3f", epoch.validationTop1())));
    }
    text.append('\n');
    best()
        .ifPresent(
            epoch ->
                text.append(
                    String.format(
                        Locale.ROOT,
                        "Best validation top-1: %.3f in epoch %d; the model is %s, %.3f.%n",
                        epoch.validationTop1().getAsDouble(),
                        epoch.epoch(),
                        fit.epoch() == fit.history().size()
                            ? "the last epoch's"
                            : "that of epoch " + fit.epoch() + " (smallest validation loss)",
                        kept().validationTop1().getAsDouble())));
    fit.evaluation()
        .ifPresent(
            evaluation ->
                text.append(
                    evaluation instanceof MultiLabelEvaluation measured
                        ? decisions(measured)
                        : confused((SingleLabelEvaluation) evaluation)));
    double temperature = decision().temperature();
    if (temperature != Decision.MostProbable.UNCALIBRATED) {
      text.append(
          String.format(
              Locale.ROOT,
              "Temperature of the probabilities: %.4f, fitted on images that it was not trained on.%n",
              temperature));
    }
    text.append(
        String.format(
            Locale.ROOT,
            "%d images, %d skipped; %d of the features computed, %d found; frozen layers %.1f s"
                + " (%son %s, %s), epochs %.1f s.%n",
            fit.images(),
            fit.skipped().size(),
            fit.featureRowsComputed(),
            fit.featureRowsReused(),
            fit.extractSeconds(),
            fit.featureRowsComputed() == 0
                ? ""
                : String.format(Locale.ROOT, "%.1f images/s ", imagesPerSecond()),
            device,
            fit.model().card().precision().word(),
            fit.trainSeconds()));
    text.append(
        String.format(
            Locale.ROOT,
            "%,d parameters trained; %,d frozen, unchanged to the bit (SHA-256 %s...).%n",
            fit.model().trainedParameters(),
            fit.model().frozenParameters(),
            fit.model().card().weightDigest().substring(0, SHOWN_DIGITS)));
    text.append("Model: ").append(model).append('\n');
    text.append("Next:  graft predict --model ").append(quoted(model)).append(" IMAGE...\n");
    text.append("       graft evaluate --model ").append(quoted(model));
    text.append(" --data ").append(labeled.map(TrainReport::quoted).orElse("DIR"));
    return text.toString();
  }

  private static String decisions(MultiLabelEvaluation measured) {
    return String.format(
        Locale.ROOT,
        "Mean average precision %.4f. At the thresholds F1 is %s as the mean of the classes and %s"
            + " over all decisions, and every class is right for %.3f of the images.%n",
        measured.meanAveragePrecision(),
        ReportFormat.share(measured.macro().f1()),
        ReportFormat.share(measured.micro().f1()),
        measured.subsetAccuracy());
  }

  private String confused(SingleLabelEvaluation evaluation) {
    List<String> classes = fit.model().classes();
    return evaluation
        .worstPair()
        .map(
            pair ->
                String.format(
                    Locale.ROOT,
                    "Most confused: %d of %d '%s' were taken for '%s'.%n",
                    pair.count(),
                    evaluation.perClass().get(pair.trueClass()).support(),
                    classes.get(pair.trueClass()),
                    classes.get(pair.predictedClass())))
        .orElse("");
  }

  private Decision decision() {
    return fit.model().card().decision();
  }

  /** The epoch whose parameters the model has. */
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

  private double imagesPerSecond() {
    return fit.featureRowsComputed() / fit.extractSeconds();
  }

  public static String quoted(Path path) {
    return quoted(path.toString());
  }

  /** A word as a shell takes it. */
  public static String quoted(String text) {
    return text.matches("[A-Za-z0-9_./:@%+=,-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
  }

  private static String number(String format, OptionalDouble value) {
    return value.isPresent() ? String.format(Locale.ROOT, format, value.getAsDouble()) : "-";
  }

  private static JsonElement orNull(OptionalDouble value) {
    return value.isPresent() ? new JsonPrimitive(value.getAsDouble()) : JsonNull.INSTANCE;
  }
}
