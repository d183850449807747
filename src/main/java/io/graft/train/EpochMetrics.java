package io.graft.train;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.graft.recipe.Loss;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * The metrics of one epoch. Losses are means over rows; cross-entropy, the default {@link Loss}, is
 * in nats. Top-1 is a share in [0, 1].
 *
 * @param epoch counted from 1, through all stages
 * @param trainLoss mean over the epoch's rows, each measured before the step that used it, with
 *     class weights and label smoothing if there are any
 * @param trainTop1 measured like the loss
 * @param validationLoss after the epoch's last step, without class weights and label smoothing;
 *     empty without validation rows
 * @param validationTop1 after the epoch's last step; empty without validation rows
 * @param learningRate of the epoch's last step
 */
public record EpochMetrics(
    int epoch,
    double trainLoss,
    double trainTop1,
    OptionalDouble validationLoss,
    OptionalDouble validationTop1,
    double learningRate) {

  /**
   * Returns one object per epoch: {@code epoch}, {@code train_loss}, {@code train_top1}, {@code
   * validation_loss}, {@code validation_top1}, {@code learning_rate}. A value is null without
   * validation, and for a loss that is not finite, which JSON cannot hold.
   */
  public static JsonArray json(List<EpochMetrics> history) {
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

  static JsonElement orNull(OptionalDouble value) {
    return value.isPresent() && Double.isFinite(value.getAsDouble())
        ? new JsonPrimitive(value.getAsDouble())
        : JsonNull.INSTANCE;
  }

  /** Returns the epoch with its losses and top-1, for people. */
  @Override
  public String toString() {
    String validation =
        validationLoss.isPresent()
            ? String.format(
                Locale.ROOT,
                ", validation loss %.4f, top-1 %.3f",
                validationLoss.getAsDouble(),
                validationTop1.orElseThrow())
            : "";
    return String.format(
        Locale.ROOT, "epoch %d: loss %.4f, top-1 %.3f%s", epoch, trainLoss, trainTop1, validation);
  }
}
