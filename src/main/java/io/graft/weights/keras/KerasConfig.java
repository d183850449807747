package io.graft.weights.keras;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.graft.runtime.WeightsException;
import java.util.ArrayList;
import java.util.List;

/**
 * Checks the configuration that Keras stores with a model. Files that have only weights have no
 * configuration, so Graft assumes Keras's defaults for them.
 */
final class KerasConfig {

  /** The longest configuration that is read, in bytes or characters. */
  static final int MAX_LENGTH = 16 << 20;

  private static final int MAX_DEPTH = 200;

  /** The names of the layers, models included, each before what it holds. */
  private final List<String> layers = new ArrayList<>();

  private KerasConfig() {}

  /**
   * Checks that a model has the defaults of Keras that Graft relies on.
   *
   * @param json the configuration, as Keras writes it to {@code config.json} and {@code
   *     model_config}
   * @return the names of the model's layers in order, those of models inside it too
   * @throws WeightsException if the text is not JSON, if the model flattens in NCHW order, or if
   *     its batch normalisation does not have Keras's default epsilon
   */
  static List<String> requireDefaults(String description, String json) {
    try {
      if (json.length() > MAX_LENGTH) {
        throw new JsonParseException("it has " + json.length() + " characters");
      }
      KerasConfig config = new KerasConfig();
      config.visit(description, JsonParser.parseString(json), 0);
      return config.layers;
    } catch (JsonParseException | StackOverflowError e) {
      throw new WeightsException(
          String.format(
              "The model configuration in %s cannot be read: %s. Expected JSON as Keras writes it;"
                  + " save the model again.",
              description, e.getMessage()),
          e);
    }
  }

  private void visit(String description, JsonElement element, int depth) {
    if (depth > MAX_DEPTH) {
      throw new JsonParseException("it is nested more than " + MAX_DEPTH + " deep");
    }
    if (element instanceof JsonArray array) {
      array.forEach(child -> visit(description, child, depth + 1));
    } else if (element instanceof JsonObject object) {
      if (object.has("class_name")
          && object.get("config") instanceof JsonObject config
          && config.get("name") instanceof JsonPrimitive name) {
        layers.add(name.getAsString());
      }
      if (is(object.get("data_format"), "channels_first")) {
        throw new WeightsException(
            description
                + " holds a model with data_format channels_first, whose Flatten orders features"
                + " differently from Keras's VGG16. Expected channels_last; save its weights from a"
                + " channels_last model.");
      }
      if (is(object.get("class_name"), "BatchNormalization")
          && object.get("config") instanceof JsonObject config
          && config.get("epsilon") instanceof JsonPrimitive epsilon
          && epsilon.isNumber()
          && Math.abs(epsilon.getAsDouble() - KerasViews.BATCH_NORM_EPSILON) > 1e-9) {
        throw new WeightsException(
            String.format(
                "%s holds a model whose BatchNormalization has epsilon %s. Expected Keras's"
                    + " default, %s; add the difference to its moving variances and save it with"
                    + " the default.",
                description, epsilon, KerasViews.BATCH_NORM_EPSILON));
      }
      object.asMap().values().forEach(child -> visit(description, child, depth + 1));
    }
  }

  private static boolean is(JsonElement element, String text) {
    return element instanceof JsonPrimitive primitive && primitive.getAsString().equals(text);
  }
}
