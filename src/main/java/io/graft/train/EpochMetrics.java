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
 * The metrics of one epoch. Losses are means over rows. The default {@link Loss}, cross-entropy, is
 * in nats. Top-1 is a share in [0, 1].
 *
 * @param epoch the number of the epoch, counted from 1 through all stages
 * @param trainLoss the mean loss of the epoch's rows, with class weights and label smoothing if
 *     there are any. Each row is measured before the step that uses it.
 * @param trainTop1 the top-1 of the epoch's rows, measured at the same time as their loss
 * @param validationLoss the mean loss of the validation rows after the epoch's last step, without
 *     class weights and label smoothing; empty without validation rows
 * @param validationTop1 the top-1 of the validation rows after the epoch's last step; empty without
 *     validation rows
 * @param learningRate the learning rate of the epoch's last step
 */
public record EpochMetrics(
    int epoch,
    double trainLoss,
    double trainTop1,
    OptionalDouble validationLoss,
    OptionalDouble validationTop1,
    double learningRate) {

  /**
   * Returns a JSON array with one object per epoch: {@code epoch}, {@code train_loss}, {@code
   * train_top1}, {@code validation_loss}, {@code validation_top1}, {@code learning_rate}. The
   * validation values are null if there was no validation. A loss that is not finite is null,
   * because JSON cannot hold it.
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

  /** Returns a readable text with the epoch, its losses and its top-1. */
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
