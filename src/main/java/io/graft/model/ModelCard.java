package io.graft.model;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.graft.data.LabeledImages;
import io.graft.eval.Decision;
import io.graft.eval.Outputs;
import io.graft.image.Decode;
import io.graft.nn.FreezeBoundary;
import io.graft.nn.Head;
import io.graft.nn.HiddenLayers;
import io.graft.nn.Network;
import io.graft.nn.Precision;
import io.graft.nn.Unfreeze;
import io.graft.runtime.BadDataException;
import io.graft.tensors.TensorType;
import io.graft.zoo.WeightChoice;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/**
 * The description of a saved model.
 *
 * @param backbone the backbone's name in the zoo
 * @param weights where the backbone's weights come from
 * @param weightDigest the SHA-256 of the frozen parameters, 64 hexadecimal digits
 * @param input how images are prepared, as the canonical text of the input spec
 * @param head how the features enter the classifier
 * @param hidden the head's layers before its last linear layer
 * @param unfreeze which layers before the head were trained too
 * @param rowType the element type of the stored features, to which new features are rounded
 * @param precision the precision of the frozen layers during training
 * @param scales the scales of int8, see {@link io.graft.backbone.Plan#scales}; empty for other
 *     precisions
 * @param decode how JPEG files were decoded during training, exact or fast
 * @param decision how logits become a prediction
 * @param training how the model was trained, for people and other tools; not used for predictions
 */
public record ModelCard(
    String backbone,
    WeightChoice weights,
    String weightDigest,
    String input,
    Head head,
    HiddenLayers hidden,
    Unfreeze unfreeze,
    TensorType rowType,
    Precision precision,
    List<Float> scales,
    Decode decode,
    Decision decision,
    JsonObject training) {

  private static final String KEY_TEMPERATURE = "temperature";
  private static final String KEY_THRESHOLDS = "thresholds";
  private static final String KEY_UNFREEZE = "unfreeze";
  private static final String KEY_ROWS = "rows";
  private static final String KEY_DECODE = "decode";

  /** Copies the scales. */
  public ModelCard {
    scales = List.copyOf(scales);
  }

  /** Returns whether the model is multi-label. */
  public boolean multiLabel() {
    return decision instanceof Decision.AtThresholds;
  }

  /**
   * Checks that the model can be evaluated on the labels of images.
   *
   * @throws BadDataException if the images are multi-label and the model is not
   */
  void requireKindOf(LabeledImages images) {
    if (images.labelSets().multiLabel() && !multiLabel()) {
      throw new BadDataException(
          images.source()
              + " gives an image any number of labels and the model gives each image one class."
              + " Expected a table with the column label. Rename the column if each image has one"
              + " label, or train for several labels per image with the loss binary-cross-entropy.",
          "loss");
    }
  }

  /** Returns the backbone with a head for a number of classes, divided at the freeze boundary. */
  FreezeBoundary boundary(Network backboneNetwork, int classes) {
    return head.attach(backboneNetwork, hidden, classes).unfreeze(unfreeze);
  }

  JsonObject toJson() {
    JsonObject json = new JsonObject();
    json.addProperty("backbone", backbone);
    json.addProperty("weights", weights.optionText());
    if (weights instanceof WeightChoice.Random random) {
      json.addProperty("weights_seed", random.seed());
    }
    json.addProperty("weights_sha256", weightDigest);
    json.addProperty("input", input);
    json.addProperty("head", head.optionName());
    if (!hidden.equals(HiddenLayers.NONE)) {
      JsonObject layers = new JsonObject();
      layers.add("units", new Gson().toJsonTree(hidden.units()));
      layers.addProperty("activation", hidden.activation().optionName());
      layers.addProperty("dropout", hidden.dropout());
      json.add("hidden", layers);
    }
    json.addProperty(KEY_UNFREEZE, unfreeze.from());
    json.addProperty(KEY_ROWS, rowType.name());
    Outputs outputs =
        decision instanceof Decision.MostProbable most ? most.outputs() : Outputs.SIGMOID;
    json.addProperty("outputs", outputs.word());
    json.addProperty("precision", precision.word());
    if (!scales.isEmpty()) {
      json.add("scales", new Gson().toJsonTree(scales));
    }
    json.addProperty(KEY_DECODE, decode.word());
    json.addProperty(KEY_TEMPERATURE, decision.temperature());
    if (decision instanceof Decision.AtThresholds at) {
      json.add(KEY_THRESHOLDS, new Gson().toJsonTree(at.thresholds()));
    }
    json.add("training", training);
    return json;
  }

  /** Reads JSON from {@link #toJson}. Throws an unchecked Gson or Java exception for other JSON. */
  static ModelCard fromJson(JsonObject json) {
    String weights = text(json, "weights");
    WeightChoice choice =
        switch (weights) {
          case WeightChoice.PRETRAINED -> new WeightChoice.Pretrained();
          case WeightChoice.RANDOM ->
              new WeightChoice.Random(member(json, "weights_seed").getAsLong());
          default -> new WeightChoice.FromFile(Path.of(weights));
        };
    return new ModelCard(
        text(json, "backbone"),
        choice,
        text(json, "weights_sha256"),
        text(json, "input"),
        Head.parse(text(json, "head")),
        json.has("hidden") ? hidden(json.getAsJsonObject("hidden")) : HiddenLayers.NONE,
        json.has(KEY_UNFREEZE) ? new Unfreeze(text(json, KEY_UNFREEZE)) : Unfreeze.NONE,
        json.has(KEY_ROWS) ? TensorType.valueOf(text(json, KEY_ROWS)) : TensorType.F16,
        precision(text(json, "precision")),
        json.has("scales") ? list(json, "scales", JsonElement::getAsFloat) : List.of(),
        json.has(KEY_DECODE) ? Decode.parse(text(json, KEY_DECODE)) : Decode.EXACT,
        decision(json),
        member(json, "training").getAsJsonObject());
  }

  private static Decision decision(JsonObject json) {
    Outputs outputs = json.has("outputs") ? Outputs.parse(text(json, "outputs")) : Outputs.SOFTMAX;
    if (!json.has(KEY_THRESHOLDS)) {
      return new Decision.MostProbable(
          outputs,
          json.has(KEY_TEMPERATURE)
              ? json.get(KEY_TEMPERATURE).getAsDouble()
              : Decision.MostProbable.UNCALIBRATED);
    } else if (outputs != Outputs.SIGMOID) {
      throw new IllegalArgumentException("it has thresholds and no sigmoid outputs");
    }
    return new Decision.AtThresholds(list(json, KEY_THRESHOLDS, JsonElement::getAsDouble));
  }

  private static HiddenLayers hidden(JsonObject json) {
    return new HiddenLayers(
        list(json, "units", JsonElement::getAsInt),
        HiddenLayers.Activation.parse(text(json, "activation")),
        member(json, "dropout").getAsDouble());
  }

  private static Precision precision(String word) {
    return Precision.asked(word)
        .orElseThrow(() -> new IllegalArgumentException("its precision is " + word));
  }

  /** Returns the elements of an array in a model's JSON. */
  static <T> List<T> list(JsonObject json, String key, Function<JsonElement, T> element) {
    return member(json, key).getAsJsonArray().asList().stream().map(element).toList();
  }

  private static String text(JsonObject json, String key) {
    return member(json, key).getAsString();
  }

  /**
   * Returns a member of a model's JSON.
   *
   * @throws IllegalStateException if there is no such member
   */
  static JsonElement member(JsonObject json, String key) {
    JsonElement value = json.get(key);
    if (value == null) {
      throw new IllegalStateException("it has no " + key);
    }
    return value;
  }

  /** Returns a readable text with the backbone, the head and the precision. */
  @Override
  public String toString() {
    return "ModelCard[" + backbone + ", " + head.optionName() + ", " + precision.word() + "]";
  }
}
