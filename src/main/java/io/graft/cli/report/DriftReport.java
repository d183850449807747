package io.graft.cli.report;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.graft.eval.FeatureDrift;
import java.util.Optional;

/**
 * The report of the distance between the features of an evaluation and those of the training.
 *
 * @param drift the distance; empty if it could not be measured
 * @param hasStatistics whether the model has statistics of its training features
 */
public record DriftReport(Optional<FeatureDrift> drift, boolean hasStatistics) {

  JsonElement json() {
    if (drift.isEmpty()) {
      return JsonNull.INSTANCE;
    }
    JsonObject json = new JsonObject();
    json.addProperty("distance", drift.get().distance());
    json.addProperty("chance", drift.get().chance());
    json.addProperty("beyond_chance", drift.get().beyondChance());
    json.addProperty("images", drift.get().rows());
    return json;
  }

  String text() {
    if (drift.isPresent()) {
      return ReportFormat.format(
          "Drift from the training images: %.2f standard deviations; chance gives about %.2f.%s",
          drift.get().distance(),
          drift.get().chance(),
          drift.get().beyondChance() ? " These images are of another kind." : "");
    }
    return hasStatistics
        ? "Drift: not measured, because no class has two images to compare."
        : "Drift: not measured, because the model was saved without statistics of its training"
            + " images. Train it again to add them.";
  }
}
