package io.graft.cli;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.graft.data.LabeledImages;
import io.graft.eval.Evaluation;
import io.graft.features.Extraction;
import io.graft.model.TransferModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Measures a saved model on labelled images. */
@Command(
    name = "evaluate",
    sortOptions = false,
    description = "Measure a model on a folder or table of labelled images.")
final class EvaluateCommand implements Callable<Integer> {

  @Option(
      names = "--data",
      paramLabel = "DIR|CSV",
      required = true,
      description = "The labelled images; their classes must be among the model's.")
  private Path data;

  @Mixin private ModelOptions model;
  @Mixin private CacheOption cache;
  @Mixin private BadImageOption badImages;
  @Mixin private CommonOptions common;

  @Override
  public Integer call() {
    Console console = common.console();
    try (TransferModel loaded = model.load(console)) {
      LabeledImages images = LabeledImages.open(data, loaded.classes());
      try (Extraction rows =
          loaded.extract(images, cache.resolve(), badImages.onBadImage, console)) {
        Evaluation evaluation = loaded.evaluate(rows);
        if (common.json) {
          common.print(json(evaluation, loaded.classes(), rows));
        } else {
          common.println(text(evaluation, loaded.classes(), rows));
        }
      }
    }
    return 0;
  }

  private JsonObject json(Evaluation evaluation, List<String> classes, Extraction rows) {
    JsonObject json = new JsonObject();
    json.addProperty("top1", evaluation.top1());
    json.addProperty("loss", evaluation.loss());
    json.addProperty("images", evaluation.rows());
    json.addProperty("skipped", rows.skipped().size());
    JsonArray perClass = new JsonArray();
    for (int label = 0; label < classes.size(); label++) {
      JsonObject one = new JsonObject();
      one.addProperty("label", classes.get(label));
      one.addProperty("images", count(evaluation, label));
      one.add("recall", orNull(evaluation.recall(label)));
      one.add("precision", orNull(evaluation.precision(label)));
      perClass.add(one);
    }
    json.add("classes", perClass);
    json.add("confusion", new Gson().toJsonTree(evaluation.confusion()));
    json.addProperty("feature_rows_computed", rows.rowsComputed());
    json.addProperty("feature_rows_reused", rows.rowsReused());
    json.addProperty("extract_images_per_second", rows.rowsComputed() / rows.seconds());
    json.addProperty("model", model.model.toString());
    return json;
  }

  private static String text(Evaluation evaluation, List<String> classes, Extraction rows) {
    StringBuilder text = new StringBuilder();
    text.append(String.format(Locale.ROOT, "%-24s images  recall  precision%n", "class"));
    for (int label = 0; label < classes.size(); label++) {
      text.append(
          String.format(
              Locale.ROOT,
              "%-24s %6d  %-6s  %s%n",
              classes.get(label),
              count(evaluation, label),
              share(evaluation.recall(label)),
              share(evaluation.precision(label))));
    }
    text.append(
        String.format(
            Locale.ROOT,
            "%nTop-1 %.4f, loss %.4f over %d images, %d skipped.",
            evaluation.top1(),
            evaluation.loss(),
            evaluation.rows(),
            rows.skipped().size()));
    evaluation
        .worstPair()
        .ifPresent(
            pair ->
                text.append(
                    String.format(
                        Locale.ROOT,
                        "%nMost confused: %d of %d '%s' were taken for '%s'.",
                        pair.count(),
                        count(evaluation, pair.trueClass()),
                        classes.get(pair.trueClass()),
                        classes.get(pair.predictedClass()))));
    return text.toString();
  }

  private static int count(Evaluation evaluation, int label) {
    int total = 0;
    for (int cell : evaluation.confusion()[label]) {
      total += cell;
    }
    return total;
  }

  private static String share(double value) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.3f", value);
  }

  private static com.google.gson.JsonElement orNull(double value) {
    return Double.isNaN(value) ? JsonNull.INSTANCE : new JsonPrimitive(value);
  }
}
