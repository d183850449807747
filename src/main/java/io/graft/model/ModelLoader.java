package io.graft.model;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.graft.backbone.FrozenLayers;
import io.graft.backbone.OfferedPrecisions;
import io.graft.backbone.Plan;
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
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Loads a saved model: the folder, the frozen layers with their weights, the trained layers. */
final class ModelLoader {

  private ModelLoader() {}

  /** See {@link TransferModel#load(Path, List, Optional, UnaryOperator, Progress)}. */
  static TransferModel load(
      Path folder,
      List<Device> devices,
      Optional<Precision> precision,
      UnaryOperator<WeightChoice> weights,
      Progress progress) {
    ModelFolder.Content content = ModelFolder.read(folder);
    ModelCard card = content.card();
    BackboneSpec backbone = Zoo.find(card.backbone());
    FreezeBoundary boundary = card.boundary(backbone.network(), content.classes().size());
    if (!backbone.input().canonical().equals(card.input())) {
      throw new BadDataException(
          folder
              + " was trained on pictures prepared as "
              + card.input()
              + " and this Graft prepares them for "
              + card.backbone()
              + " as "
              + backbone.input().canonical()
              + ". Use the Graft that wrote it.");
    }
    Plan plan = plan(card, precision, devices.get(0), progress);
    FrozenLayers prefix =
        loadPrefix(
            folder,
            card,
            backbone,
            boundary,
            weights.apply(card.weights()),
            plan,
            devices,
            progress);
    boolean loaded = false;
    NDManager manager = prefix.manager().newSubManager();
    try (SafetensorsFile head = SafetensorsFile.open(ModelFile.HEAD.in(folder))) {
      WeightCheck.requireExactly(boundary.trainable(), head);
      NetworkBlock block = NetworkBlock.trainable(boundary.trainable(), head, manager);
      TransferModel model =
          new TransferModel(
              card, content.classes(), prefix, block, manager, content.statistics(), true);
      loaded = true;
      return model;
    } finally {
      if (!loaded) {
        prefix.close();
      }
    }
  }

  private static FrozenLayers loadPrefix(
      Path folder,
      ModelCard card,
      BackboneSpec backbone,
      FreezeBoundary boundary,
      WeightChoice weights,
      Plan plan,
      List<Device> devices,
      Progress progress) {
    FrozenLayers prefix =
        FrozenLayers.of(
            boundary.frozen(),
            backbone.input(),
            () -> weights.open(backbone, progress),
            devices,
            plan);
    if (prefix.weightDigest().equals(card.weightDigest())) {
      return prefix;
    }
    prefix.close();
    try (TensorSource source = weights.open(backbone, progress)) {
      throw new WeightsException(
          "The model "
              + folder
              + " was trained on other weights of "
              + backbone.name()
              + " than "
              + source.description()
              + ": their SHA-256 is "
              + prefix.weightDigest()
              + ", expected "
              + card.weightDigest()
              + ". Name the weights file that it was trained on.",
          "weights");
    }
  }

  /** As asked, else as it was trained where this device can, else exactly. */
  private static Plan plan(
      ModelCard card, Optional<Precision> asked, Device device, Progress progress) {
    OfferedPrecisions.require(device, asked);
    Precision precision = asked.orElse(card.precision());
    boolean scaled = precision != Precision.INT8 || !card.scales().isEmpty();
    if (scaled && OfferedPrecisions.of(device).contains(precision)) {
      List<Float> scales = precision == Precision.INT8 ? card.scales() : List.of();
      return Plan.of(precision, scales, device);
    } else if (asked.isPresent()) {
      throw new InvalidOptionException(
          "The model has no scales of int8, because it was trained in "
              + card.precision().word()
              + ". Leave the precision out, or choose "
              + card.precision().word()
              + " or fp32.",
          "precision");
    }
    progress.note(
        "The model was trained in "
            + precision.word()
            + ", which "
            + Devices.nameOf(device)
            + " does not offer: the frozen layers are computed in fp32.");
    return Plan.exact(device);
  }
}
