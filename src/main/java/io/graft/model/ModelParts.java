package io.graft.model;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.graft.backbone.FrozenLayers;
import io.graft.backbone.Plan;
import io.graft.image.Decode;
import io.graft.image.InputSpec;
import io.graft.image.input.FastDecoding;
import io.graft.nn.FreezeBoundary;
import io.graft.nn.NetworkBlock;
import io.graft.nn.Precision;
import io.graft.nn.WeightCheck;
import io.graft.runtime.BadDataException;
import io.graft.runtime.Devices;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Progress;
import io.graft.runtime.WeightsException;
import io.graft.tensors.SafetensorsFile;
import io.graft.tensors.TensorSource;
import io.graft.zoo.BackboneSpec;
import io.graft.zoo.WeightChoice;
import io.graft.zoo.Zoo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * The parts of a model in memory: its description, the frozen layers with their weights, and the
 * trained layers.
 *
 * @param layers the trained layers
 * @param manager the owner of the trained layers' parameters
 */
record ModelParts(
    ModelFolder.Content content, FrozenLayers frozen, NetworkBlock layers, NDManager manager) {

  private static final String WEIGHTS = "weights";

  /**
   * Loads a saved model, as documented at {@link TransferModel#load(Path, List, Optional, Decode,
   * UnaryOperator, Progress)}.
   */
  static ModelParts load(
      Path folder,
      List<Device> devices,
      Optional<Precision> precision,
      Decode decode,
      UnaryOperator<WeightChoice> weights,
      Progress progress) {
    ModelFolder.Content content = ModelFolder.read(folder);
    ModelCard card = content.card();
    BackboneSpec backbone = Zoo.find(card.backbone());
    FreezeBoundary boundary = card.boundary(backbone.network(), content.classes().size());
    String expected = backbone.input().withDecode(card.decode()).canonical();
    if (!expected.equals(card.input())) {
      throw new BadDataException(
          ("%s was trained on images prepared as %s, but this Graft prepares images for %s as %s."
                  + " Use the Graft that wrote it.")
              .formatted(folder, card.input(), card.backbone(), expected));
    }
    InputSpec input = backbone.input().withDecode(decode(card, decode, progress));
    Plan plan = plan(card, precision, devices.get(0), progress);
    WeightChoice choice = weights.apply(card.weights());
    Supplier<TensorSource> source =
        () -> {
          try {
            return choice.open(backbone, progress);
          } catch (WeightsException e) {
            throw unusableWeights(folder, card, choice, e);
          }
        };
    FrozenLayers frozen = FrozenLayers.of(boundary.frozen(), input, source, devices, plan);
    try {
      if (!frozen.weightDigest().equals(card.weightDigest())) {
        throw otherWeights(folder, card, frozen, source);
      }
      NDManager manager = frozen.manager().newSubManager();
      try (SafetensorsFile head = SafetensorsFile.open(ModelFile.HEAD.in(folder))) {
        WeightCheck.requireExactly(boundary.trainable(), head);
        NetworkBlock layers = NetworkBlock.trainable(boundary.trainable(), head, manager);
        return new ModelParts(content, frozen, layers, manager);
      }
    } catch (RuntimeException | Error e) {
      frozen.close();
      throw e;
    }
  }

  /** Names the model, because the weights that it needs are in a file that may have moved. */
  private static WeightsException unusableWeights(
      Path folder, ModelCard card, WeightChoice choice, WeightsException cause) {
    String wanted =
        card.weights() instanceof WeightChoice.FromFile trained
            ? " It was trained on the weights in %s%s."
                .formatted(
                    trained.file(),
                    choice.equals(trained) ? "; if they have moved, name the file" : "")
            : "";
    List<String> settings = new ArrayList<>(cause.settings());
    settings.add(WEIGHTS);
    return new WeightsException(
        "The model %s needs the weights of its backbone %s, which cannot be used: %s%s"
            .formatted(folder, card.backbone(), cause.getMessage(), wanted),
        cause,
        settings.stream().distinct().toArray(String[]::new));
  }

  private static WeightsException otherWeights(
      Path folder, ModelCard card, FrozenLayers frozen, Supplier<TensorSource> weights) {
    try (TensorSource source = weights.get()) {
      return new WeightsException(
          ("The model %s was trained on other weights of %s than %s: their SHA-256 is %s, expected"
                  + " %s. Name the weights file that it was trained on.")
              .formatted(
                  folder,
                  card.backbone(),
                  source.description(),
                  frozen.weightDigest(),
                  card.weightDigest()),
          WEIGHTS);
    }
  }

  /** Returns the way of decoding that was asked for, or the training's if this machine has it. */
  private static Decode decode(ModelCard card, Decode asked, Progress progress) {
    if (asked != Decode.AUTO) {
      return FastDecoding.require(asked, progress::note);
    } else if (card.decode() == Decode.FAST && !FastDecoding.isAvailable()) {
      progress.note(
          "The model was trained on JPEG files that were decoded fast. Here they are decoded"
              + " exactly, because Graft's native image library is missing (graft doctor says"
              + " why).");
      return Decode.EXACT;
    }
    return card.decode();
  }

  /**
   * Plans for the precision asked for, or else the training's if the device offers it, or else
   * fp32.
   */
  private static Plan plan(
      ModelCard card, Optional<Precision> asked, Device device, Progress progress) {
    Plan.requireOffered(device, asked);
    Precision precision = asked.orElse(card.precision());
    boolean scaled = precision != Precision.INT8 || !card.scales().isEmpty();
    if (scaled && Plan.precisions(device).contains(precision)) {
      List<Float> scales = precision == Precision.INT8 ? card.scales() : List.of();
      return Plan.of(precision, scales, device);
    } else if (asked.isPresent()) {
      throw new InvalidOptionException(
          ("The model has no scales of int8, because it was trained in %1$s. Leave the precision"
                  + " out, or choose %1$s or fp32.")
              .formatted(card.precision().word()),
          "precision");
    }
    progress.note(
        "The model was trained in %s, which %s does not offer: the frozen layers run in fp32."
            .formatted(precision.word(), Devices.nameOf(device)));
    return Plan.exact(device);
  }
}
