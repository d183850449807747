package io.graft.train;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.List;
import java.util.OptionalDouble;

/** The history of a fit as other tools read it. */
public final class HistoryJson {

  private HistoryJson() {}

  /**
   * Returns one object per epoch: {@code epoch}, {@code train_loss}, {@code train_top1}, {@code
   * validation_loss}, {@code validation_top1}, {@code learning_rate}; null where there was no
   * validation, and for a loss that is not finite, which JSON cannot hold.
   */
  public static JsonArray of(List<EpochMetrics> history) {
    JsonArray epochs = new JsonArray();
    for (EpochMetrics metrics : history) {
      JsonObject epoch = new JsonObject();
      epoch.addProperty("epoch", metrics.epoch());
      epoch.add("train_loss", orNull(OptionalDouble.of(metrics.trainLoss())));
      epoch.addProperty("train_top1", metrics.trainTop1());
      epoch.add("validation_loss", orNull(metrics.validationLoss()));
      epoch.add("validation_top1", orNull(metrics.validationTop1()));
      epoch.addProperty("learning_rate", metrics.learningRate());
      epochs.add(epoch);
    }
    return epochs;
  }

  private static JsonElement orNull(OptionalDouble value) {
    return value.isPresent() && Double.isFinite(value.getAsDouble())
        ? new JsonPrimitive(value.getAsDouble())
        : JsonNull.INSTANCE;
  }
}
