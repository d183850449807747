package io.graft.recipe;

import com.google.gson.FieldNamingPolicy;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.graft.train.LearningRateSearch;
import java.util.Locale;

/** The options of a fit as a saved model has them, for people and other tools. */
public final class OptionsJson {

  private static final Gson GSON =
      new GsonBuilder()
          .setFieldNamingPolicy(FieldNamingPolicy.LOWER_CASE_WITH_UNDERSCORES)
          .create();

  public static final String STAGES = "stages";

  /** Stands for a learning rate that is to be searched for, as in the first checkpoints. */
  private static final double SEARCHED = 0.001;

  private OptionsJson() {}

  /**
   * Returns {@code optimizer}, {@code schedule} and {@code loss}, each an object with its {@code
   * name} and its settings; {@code stages} with {@code unfreeze}, {@code epochs} and {@code
   * learning_rate} each; {@code augment}, {@code views}, {@code batch_size}, {@code accumulate},
   * {@code clip_norm}, {@code class_weights} ({@code equal}, {@code balanced} or a list), {@code
   * sampling}, {@code early_stopping}, {@code seed} and so on; null for what is not used. The head
   * and the hidden layers are in the model's card, and the rates that were searched in {@link
   * LearningRateSearch#json}.
   */
  public static JsonObject of(FitOptions options) {
    Optimization optimization = options.optimization();
    Objective objective = options.objective();
    JsonObject json = new JsonObject();
    json.add("optimizer", named(optimization.optimizer().optionName(), optimization.optimizer()));
    json.add("schedule", named(optimization.schedule().optionName(), optimization.schedule()));
    json.add("loss", named(objective.loss().optionName(), objective.loss()));
    json.add(STAGES, stages(options));
    json.addProperty("augment", options.views().augmentation().canonical());
    json.addProperty("views", options.views().perImage());
    json.addProperty("batch_size", options.batchSize());
    json.addProperty("accumulate", optimization.accumulate());
    json.add(
        "clip_norm",
        optimization.clipNorm().isPresent()
            ? new JsonPrimitive(optimization.clipNorm().getAsDouble())
            : JsonNull.INSTANCE);
    if (objective.classWeights() instanceof ClassWeights.Values given) {
      json.add("class_weights", GSON.toJsonTree(given.values()));
    } else {
      boolean equal = objective.classWeights() instanceof ClassWeights.Equal;
      json.addProperty("class_weights", equal ? "equal" : "balanced");
    }
    json.addProperty("lr_decay_per_block", optimization.blockDecay());
    json.addProperty("trained_precision", optimization.precision().word());
    json.addProperty("sampling", objective.sampling().optionName());
    json.addProperty("early_stopping", options.earlyStopping().orElse(null));
    json.addProperty("seed", options.seed());
    json.addProperty("on_bad_image", options.onBadImage().name().toLowerCase(Locale.ROOT));
    json.addProperty("calibrate", options.calibrate());
    json.addProperty("fit_thresholds", options.fitThresholds());
    return json;
  }

  public static JsonArray stages(FitOptions options) {
    JsonArray stages = new JsonArray();
    for (Stage stage : options.stages()) {
      JsonObject each = new JsonObject();
      each.addProperty("unfreeze", stage.unfreeze().from());
      each.addProperty("epochs", stage.epochs());
      boolean searched = stage.learningRate() instanceof LearningRate.Searched;
      each.addProperty("learning_rate", searched ? SEARCHED : stage.fixedRate());
      stages.add(each);
    }
    return stages;
  }

  private static JsonObject named(String name, Object settings) {
    JsonObject json = new JsonObject();
    json.addProperty("name", name);
    json.asMap().putAll(GSON.toJsonTree(settings).getAsJsonObject().asMap());
    return json;
  }
}
