package io.graft.recipe;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.graft.data.OnBadImage;
import io.graft.data.Views;
import io.graft.image.Augmentation;
import io.graft.nn.Precision;
import io.graft.nn.Unfreeze;
import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * The options of a fit as JSON, in saved models and in checkpoints. Each component of {@link
 * FitOptions} and of its records becomes a member with the component's name in snake case, so that
 * a new option needs no change here.
 */
public final class OptionsJson {

  public static final String STAGES = "stages";

  /** The members whose names differ from their components. */
  private static final Map<String, String> NAMES =
      Map.of(
          "augmentation", "augment",
          "perImage", "views",
          "blockDecay", "lr_decay_per_block",
          "precision", "trained_precision");

  /** The components left out, because model cards and fingerprints write them in their own way. */
  private static final Set<String> LEFT_OUT = Set.of("head", "hidden");

  /** The members that come first, in the order that the first saved models have. */
  private static final List<String> FIRST =
      List.of(
          "optimizer",
          "schedule",
          "loss",
          STAGES,
          "augment",
          "views",
          "batch_size",
          "accumulate",
          "clip_norm",
          "class_weights",
          "lr_decay_per_block",
          "trained_precision");

  /** The number written for a learning rate that is searched for, as in the first checkpoints. */
  private static final double SEARCHED = 0.001;

  private OptionsJson() {}

  /**
   * Returns the options as one object. It also has the members of nested records. {@code
   * optimizer}, {@code schedule} and {@code loss} are objects with a {@code name}. An absent option
   * is null.
   */
  public static JsonObject of(FitOptions options) {
    Map<String, JsonElement> members = members(options).asMap();
    JsonObject json = new JsonObject();
    FIRST.forEach(name -> json.add(name, members.remove(name)));
    members.forEach(json::add);
    return json;
  }

  /** Returns the stages: {@code unfreeze}, {@code epochs} and {@code learning_rate} of each. */
  public static JsonArray stages(FitOptions options) {
    return array(options.stages());
  }

  private static JsonObject members(Record options) {
    JsonObject json = new JsonObject();
    for (RecordComponent component : options.getClass().getRecordComponents()) {
      Object value = Components.get(options, component);
      String name = component.getName();
      if (value instanceof Views || value instanceof Optimization || value instanceof Objective) {
        json.asMap().putAll(members((Record) value).asMap());
      } else if (!LEFT_OUT.contains(name)) {
        json.add(NAMES.getOrDefault(name, snakeCase(name)), element(value));
      }
    }
    return json;
  }

  private static JsonElement element(Object value) {
    if (value instanceof Optimizer optimizer) {
      return named(optimizer.optionName(), (Record) optimizer);
    } else if (value instanceof Schedule schedule) {
      return named(schedule.optionName(), (Record) schedule);
    } else if (value instanceof Loss loss) {
      return named(loss.optionName(), (Record) loss);
    } else if (value instanceof ClassWeights.Values given) {
      return array(given.values());
    } else if (value instanceof ClassWeights weights) {
      return new JsonPrimitive(weights instanceof ClassWeights.Equal ? "equal" : "balanced");
    } else if (value instanceof LearningRate rate) {
      return new JsonPrimitive(rate instanceof LearningRate.Fixed given ? given.value() : SEARCHED);
    } else if (value instanceof Augmentation augmentation) {
      return new JsonPrimitive(augmentation.canonical());
    } else if (value instanceof Unfreeze unfreeze) {
      return new JsonPrimitive(unfreeze.from());
    } else if (value instanceof Precision precision) {
      return new JsonPrimitive(precision.word());
    } else if (value instanceof OnBadImage treatment) {
      return new JsonPrimitive(treatment.word());
    } else if (value instanceof Enum<?> constant) {
      return new JsonPrimitive(constant.name().toLowerCase(Locale.ROOT));
    } else if (value instanceof OptionalDouble number) {
      return number.isPresent() ? new JsonPrimitive(number.getAsDouble()) : JsonNull.INSTANCE;
    } else if (value instanceof Optional<?> optional) {
      return optional.isPresent() ? element(optional.get()) : JsonNull.INSTANCE;
    } else if (value instanceof List<?> list) {
      return array(list);
    } else if (value instanceof Boolean truth) {
      return new JsonPrimitive(truth);
    }
    return value instanceof Number number ? new JsonPrimitive(number) : members((Record) value);
  }

  private static JsonArray array(List<?> list) {
    JsonArray array = new JsonArray();
    list.forEach(each -> array.add(element(each)));
    return array;
  }

  private static JsonObject named(String name, Record settings) {
    JsonObject json = new JsonObject();
    json.addProperty("name", name);
    json.asMap().putAll(members(settings).asMap());
    return json;
  }

  private static String snakeCase(String name) {
    return name.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
  }
}
