package io.graft.fit;

import com.google.gson.JsonObject;
import io.graft.backbone.FrozenLayers;
import io.graft.data.DataListing;
import io.graft.eval.Decision;
import io.graft.model.ModelCard;
import io.graft.recipe.FitOptions;
import io.graft.recipe.OptionsJson;
import io.graft.runtime.Devices;
import io.graft.runtime.Versions;
import io.graft.train.EpochMetrics;
import io.graft.train.LearningRateSearch;
import java.util.Optional;

/** Creates the description of a trained model and its training. */
final class FittedCard {

  private FittedCard() {}

  /**
   * Returns the description of a model.
   *
   * @param options the options, with the learning rate that was used
   * @param rows the rows of the last stage
   */
  static ModelCard of(
      PlannedBackbone backbone,
      FitTask task,
      FitOptions options,
      Optional<LearningRateSearch> search,
      StagedTraining.Result trained,
      StageRows rows,
      Decision decision) {
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
    FrozenLayers frozen = rows.frozen().layers();
    return new ModelCard(
        backbone.spec().name(),
        backbone.weights(),
        frozen.weightDigest(),
        frozen.input().canonical(),
        options.head(),
        options.hidden(),
        options.stages().get(options.stages().size() - 1).unfreeze(),
        rows.train().store().type(),
        frozen.plan().precision(),
        frozen.plan().scales(),
        frozen.input().decode(),
        decision,
        json);
  }
}
