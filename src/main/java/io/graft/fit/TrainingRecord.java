package io.graft.fit;

import com.google.gson.JsonObject;
import io.graft.data.DataListing;
import io.graft.recipe.FitOptions;
import io.graft.recipe.OptionsJson;
import io.graft.runtime.Devices;
import io.graft.runtime.Versions;
import io.graft.train.EpochMetrics;
import io.graft.train.LearningRateSearch;
import java.util.Optional;

/** What a saved model says of its training, for people and other tools. */
final class TrainingRecord {

  private TrainingRecord() {}

  /**
   * Returns the record of a training.
   *
   * @param options as they were used, with the learning rate that was found
   */
  static JsonObject of(
      PlannedBackbone backbone,
      FitTask task,
      FitOptions options,
      Optional<LearningRateSearch> search,
      StagedTraining.Result trained,
      StageRows rows) {
    JsonObject json = OptionsJson.of(options);
    json.addProperty("device", Devices.nameOf(backbone.devices()));
    json.addProperty("data_listing_sha256", DataListing.sha256(task.images()));
    json.addProperty("train_images", rows.train().files());
    rows.validation().ifPresent(other -> json.addProperty("validation_images", other.files()));
    json.addProperty("graft", Versions.graft());
    json.addProperty("djl", Versions.djlApi());
    json.addProperty("libtorch", Versions.libtorch());
    json.addProperty("epoch", trained.last().epoch());
    search.ifPresent(found -> json.add("learning_rate_search", found.json()));
    json.add("history", EpochMetrics.json(trained.history()));
    return json;
  }
}
