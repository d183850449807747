package io.graft;

import ai.djl.Device;
import com.google.gson.JsonObject;
import io.graft.data.DataListing;
import io.graft.data.LabeledImages;
import io.graft.recipe.FitOptions;
import io.graft.recipe.OptionsJson;
import io.graft.runtime.Devices;
import io.graft.runtime.Versions;
import io.graft.train.HistoryJson;
import io.graft.train.LearningRateSearch;
import java.util.List;
import java.util.Optional;

/** What a saved model says of its training, for people and other tools. */
final class TrainingRecord {

  private TrainingRecord() {}

  static JsonObject of(
      LabeledImages images,
      FitOptions options,
      Optional<LearningRateSearch> search,
      StagedTraining.Result trained,
      List<Device> devices,
      StageRows rows) {
    JsonObject json = OptionsJson.of(options);
    json.addProperty("device", Devices.nameOf(devices));
    json.addProperty("data_listing_sha256", DataListing.sha256(images));
    json.addProperty("train_images", rows.train().files());
    rows.validation().ifPresent(other -> json.addProperty("validation_images", other.files()));
    json.addProperty("graft", Versions.graft());
    json.addProperty("djl", Versions.djlApi());
    json.addProperty("libtorch", Versions.libtorch());
    json.addProperty("epoch", trained.last().epoch());
    search.ifPresent(found -> json.add("learning_rate_search", found.json()));
    json.add("history", HistoryJson.of(trained.history()));
    return json;
  }
}
