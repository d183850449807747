package io.graft;

import io.graft.backbone.FrozenPrefix;
import io.graft.backbone.Plan;
import io.graft.backbone.PlanChooser;
import io.graft.backbone.SampleImages;
import io.graft.data.LabeledImages;
import io.graft.features.ImageSample;
import io.graft.nn.Network;
import io.graft.zoo.BackboneSpec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The frozen layers of one backbone up to the boundaries that were asked for, each with the plan
 * that suits the images. Keeps what it made until it is closed.
 */
final class PlannedBackbone implements AutoCloseable {

  private final BackboneSpec backbone;
  private final LearnerOptions options;
  private final Map<Network, FrozenPrefix> exact = new LinkedHashMap<>();
  private final Map<Layers, FrozenPrefix> planned = new LinkedHashMap<>();

  /** That of the last call: layers of an earlier one that are loaded now tell whoever waits now. */
  private FitListener listener = FitListener.NONE;

  PlannedBackbone(BackboneSpec backbone, LearnerOptions options) {
    this.backbone = backbone;
    this.options = options;
  }

  /** Layers and how they are computed. */
  private record Layers(Network network, Plan plan) {}

  /**
   * Frozen layers and how their plan came about.
   *
   * @param choice agreement included
   */
  record Planned(FrozenPrefix prefix, PlanChooser.Choice choice) {}

  /**
   * Chooses a plan for some images.
   *
   * @param images all that the layers will be run on for one purpose, such as training and
   *     validation images: the choice is one for all
   */
  Planned plan(Network frozen, List<LabeledImages> images, FitListener told) {
    listener = told;
    FrozenPrefix reference =
        exact.computeIfAbsent(
            frozen,
            layers ->
                FrozenPrefix.of(
                    layers,
                    backbone.input(),
                    () -> options.weights().open(backbone, listener),
                    options.devices(),
                    Plan.exact(options.devices().get(0))));
    if (frozen.layers().isEmpty()) {
      return new Planned(reference, new PlanChooser.Choice(reference.plan(), Optional.empty()));
    }
    PlanChooser chooser =
        options
            .cache()
            .folder()
            .map(features -> PlanChooser.withScalesIn(features, listener))
            .orElseGet(() -> PlanChooser.standard(listener));
    PlanChooser.Choice choice =
        chooser.choose(reference, options.precision(), () -> sample(images));
    FrozenPrefix prefix =
        choice.plan().equals(reference.plan())
            ? reference
            : planned.computeIfAbsent(
                new Layers(frozen, choice.plan()), layers -> reference.withPlan(layers.plan()));
    return new Planned(prefix, choice);
  }

  private SampleImages sample(List<LabeledImages> images) {
    return ImageSample.of(
        images, options.cache(), backbone.input(), PlanChooser.SAMPLE_SIZE, listener::note);
  }

  @Override
  public void close() {
    planned.values().forEach(FrozenPrefix::close);
    exact.values().forEach(FrozenPrefix::close);
    planned.clear();
    exact.clear();
  }
}
