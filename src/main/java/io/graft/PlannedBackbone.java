package io.graft;

import io.graft.backbone.FrozenPrefix;
import io.graft.backbone.Plan;
import io.graft.backbone.PlanChooser;
import io.graft.backbone.SampleImages;
import io.graft.data.LabeledImages;
import io.graft.features.ImageSample;
import io.graft.nn.Network;
import io.graft.runtime.Progress;
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

  /** Of the last call: layers of an earlier one that are loaded now report to whoever waits now. */
  private Progress progress = Progress.NONE;

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

  /** Returns the frozen layers in fp32. Reads the weights for their digest and computes nothing. */
  FrozenPrefix exact(Network frozen, Progress current) {
    progress = current;
    return exact.computeIfAbsent(
        frozen,
        layers ->
            FrozenPrefix.of(
                layers,
                backbone.input(),
                () -> options.weights().open(backbone, progress),
                options.devices(),
                Plan.exact(options.devices().get(0))));
  }

  /**
   * Chooses a plan for some images.
   *
   * @param images all that the layers will be run on for one purpose, such as training and
   *     validation images: the choice is one for all
   */
  Planned plan(Network frozen, List<LabeledImages> images, Progress current) {
    FrozenPrefix reference = exact(frozen, current);
    if (frozen.layers().isEmpty()) {
      return new Planned(reference, new PlanChooser.Choice(reference.plan(), Optional.empty()));
    }
    PlanChooser chooser =
        options
            .cache()
            .folder()
            .map(features -> PlanChooser.withScalesIn(features, progress))
            .orElseGet(() -> PlanChooser.standard(progress));
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
        images, options.cache(), backbone.input(), PlanChooser.SAMPLE_SIZE, progress);
  }

  @Override
  public void close() {
    planned.values().forEach(FrozenPrefix::close);
    exact.values().forEach(FrozenPrefix::close);
    planned.clear();
    exact.clear();
  }
}
