package io.graft.fit;

import ai.djl.Device;
import io.graft.backbone.FrozenLayers;
import io.graft.backbone.Plan;
import io.graft.backbone.PlanChooser;
import io.graft.data.LabeledImages;
import io.graft.features.FeatureCache;
import io.graft.image.Decode;
import io.graft.nn.Network;
import io.graft.nn.Precision;
import io.graft.runtime.OpenState;
import io.graft.runtime.Progress;
import io.graft.zoo.BackboneSpec;
import io.graft.zoo.WeightChoice;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A backbone that chooses the plan of its frozen layers for given images. It keeps the layers of
 * each requested boundary until it is closed.
 */
public final class PlannedBackbone implements AutoCloseable {

  private final BackboneSpec spec;
  private final WeightChoice weights;
  private final List<Device> devices;
  private final Optional<Precision> precision;
  private final Decode decode;
  private final FeatureCache cache;
  private final OpenState open = new OpenState(PlannedBackbone.class);
  private final Map<Network, FrozenLayers> exact = new LinkedHashMap<>();
  private final Map<Layers, FrozenLayers> planned = new LinkedHashMap<>();

  /** The progress of the last call. It is stored because layers load only when they first run. */
  private Progress progress = Progress.NONE;

  /**
   * Creates a backbone without loading anything.
   *
   * @param devices the devices, at least one
   * @param precision the precision of the frozen layers; empty to choose the fastest
   * @param decode how JPEG files are decoded; fast only where {@link
   *     io.graft.image.input.FastDecoding#isAvailable}
   * @param cache where features are stored
   */
  public PlannedBackbone(
      BackboneSpec spec,
      WeightChoice weights,
      List<Device> devices,
      Optional<Precision> precision,
      Decode decode,
      FeatureCache cache) {
    this.spec = spec;
    this.weights = weights;
    this.devices = devices;
    this.precision = precision;
    this.decode = decode;
    this.cache = cache;
  }

  BackboneSpec spec() {
    return spec;
  }

  WeightChoice weights() {
    return weights;
  }

  List<Device> devices() {
    return devices;
  }

  Optional<Precision> precision() {
    return precision;
  }

  Decode decode() {
    return decode;
  }

  FeatureCache cache() {
    return cache;
  }

  private record Layers(Network network, Plan plan, Decode decode) {}

  /**
   * Frozen layers with their plan.
   *
   * @param choice the plan, and how well its features agree with those of fp32 and exact decoding
   */
  public record Planned(FrozenLayers layers, PlanChooser.Choice choice) {}

  /**
   * Returns the frozen layers in fp32. Reads the weights for their digest, but computes nothing.
   */
  FrozenLayers exact(Network frozen, Progress current) {
    open.require();
    progress = current;
    return exact.computeIfAbsent(
        frozen,
        layers ->
            FrozenLayers.of(
                layers,
                spec.input(),
                () -> weights.open(spec, progress),
                devices,
                Plan.exact(devices.get(0))));
  }

  /**
   * Chooses the plan of the frozen layers for some images, and how those are decoded.
   *
   * @param images all images that the layers will run on, such as training and validation images
   */
  public Planned plan(Network frozen, List<LabeledImages> images, Progress current) {
    FrozenLayers reference = exact(frozen, current);
    DecodeChoice decoding = new DecodeChoice(decode, reference, images, cache, progress);
    if (frozen.layers().isEmpty()) {
      PlanChooser.Choice only = new PlanChooser.Choice(reference.plan(), Optional.empty());
      return planned(reference, decoding.withoutFeatures(), only);
    }
    PlanChooser chooser = PlanChooser.of(cache.folder(), progress);
    PlanChooser.Choice choice = chooser.choose(reference, precision, decoding::exact);
    return decoding
        .agreement(chooser, choice.plan())
        .map(agreement -> new PlanChooser.Choice(choice.plan(), Optional.of(agreement)))
        .map(fast -> planned(reference, Decode.FAST, fast))
        .orElseGet(() -> planned(reference, Decode.EXACT, choice));
  }

  private Planned planned(FrozenLayers reference, Decode chosen, PlanChooser.Choice choice) {
    FrozenLayers layers =
        choice.plan().equals(reference.plan()) && chosen == Decode.EXACT
            ? reference
            : planned.computeIfAbsent(
                new Layers(reference.network(), choice.plan(), chosen),
                key -> reference.with(key.plan(), key.decode()));
    return new Planned(layers, choice);
  }

  @Override
  public void close() {
    open.close();
    planned.values().forEach(FrozenLayers::close);
    exact.values().forEach(FrozenLayers::close);
    planned.clear();
    exact.clear();
  }
}
