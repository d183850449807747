package io.graft;

import ai.djl.Device;
import com.google.gson.JsonObject;
import io.graft.data.DataListing;
import io.graft.data.LabeledImages;
import io.graft.features.Extraction;
import io.graft.runtime.Devices;
import io.graft.runtime.Versions;
import io.graft.train.FitOptions;
import io.graft.train.HistoryJson;
import io.graft.train.OptionsJson;
import io.graft.train.TrainingLoop;
import java.util.List;
import java.util.Optional;

/** What a saved model says of its training, for people and other tools. */
final class TrainingRecord {

  private TrainingRecord() {}

  static JsonObject of(
      LabeledImages images,
      FitOptions options,
      TrainingLoop.Result result,
      List<Device> devices,
      Extraction train,
      Optional<Extraction> validation) {
    JsonObject json = OptionsJson.of(options);
    json.addProperty("device", Devices.nameOf(devices));
    json.addProperty("data_listing_sha256", DataListing.sha256(images));
    json.addProperty("train_images", train.store().rows());
    validation.ifPresent(rows -> json.addProperty("validation_images", rows.store().rows()));
    json.addProperty("graft", Versions.graft());
    json.addProperty("djl", Versions.djlApi());
    json.addProperty("libtorch", Versions.libtorch());
    json.addProperty("epoch", result.epoch());
    json.add("history", HistoryJson.of(result.history()));
    return json;
  }
}
