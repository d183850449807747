package io.graft;

import io.graft.backbone.FrozenPrefix;
import io.graft.backbone.Plan;
import io.graft.backbone.PlanChooser;
import io.graft.data.LabeledImage;
import io.graft.data.LabeledImages;
import io.graft.data.OnBadImage;
import io.graft.features.FeatureExtractor;
import io.graft.features.SamplePictures;
import io.graft.nn.Network;
import io.graft.weights.TensorType;
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
  private final Map<String, FrozenPrefix> planned = new LinkedHashMap<>();

  PlannedBackbone(BackboneSpec backbone, LearnerOptions options) {
    this.backbone = backbone;
    this.options = options;
  }

  /**
   * Frozen layers and how their plan came about.
   *
   * @param choice agreement included
   */
  record Planned(FrozenPrefix prefix, PlanChooser.Choice choice) {}

  /** Returns the frozen layers in fp32. Reads the weights for their digest and computes nothing. */
  FrozenPrefix exact(Network frozen, FitListener listener) {
    return exact.computeIfAbsent(
        frozen,
        layers ->
            FrozenPrefix.of(
                layers,
                backbone.input(),
                () -> options.weights().open(backbone, listener),
                options.devices(),
                Plan.exact(options.devices().get(0))));
  }

  /**
   * The frozen layers with a plan for some images. Images whose features are kept already need no
   * choice: the one that they were computed with stays.
   *
   * @param type of the features that will be kept
   */
  Planned plan(Network frozen, LabeledImages images, TensorType type, FitListener listener) {
    FrozenPrefix reference = exact(frozen, listener);
    if (frozen.layers().isEmpty()) {
      return new Planned(reference, new PlanChooser.Choice(reference.plan(), Optional.empty()));
    }
    PlanChooser chooser =
        options
            .cache()
            .folder()
            .map(features -> PlanChooser.withScalesIn(features, listener))
            .orElseGet(() -> PlanChooser.standard(listener));
    Optional<PlanChooser.Choice> kept = chooser.kept(reference, options.precision());
    List<LabeledImage> unseen = images.images();
    if (kept.isPresent()) {
      Planned before = with(reference, kept.get());
      if (options.precision().isPresent() || before.choice().agreement().isEmpty()) {
        return before;
      }
      unseen =
          new FeatureExtractor(before.prefix(), options.cache(), OnBadImage.SKIP, listener)
              .missing(images, type);
      if (unseen.isEmpty()) {
        return before;
      }
    }
    SamplePictures sample =
        SamplePictures.of(images.only(unseen), backbone.input(), PlanChooser.SAMPLE_SIZE);
    if (sample.rows() == 0) {
      // Extraction will say why; nothing is computed.
      return new Planned(reference, new PlanChooser.Choice(reference.plan(), Optional.empty()));
    }
    return with(
        reference, chooser.choose(reference, options.precision(), sample.pixels(), sample.rows()));
  }

  private Planned with(FrozenPrefix reference, PlanChooser.Choice choice) {
    FrozenPrefix prefix =
        choice.plan().equals(reference.plan())
            ? reference
            : planned.computeIfAbsent(
                reference.network() + " " + choice.plan(),
                key -> reference.withPlan(choice.plan()));
    return new Planned(prefix, choice);
  }

  @Override
  public void close() {
    planned.values().forEach(FrozenPrefix::close);
    exact.values().forEach(FrozenPrefix::close);
    planned.clear();
    exact.clear();
  }
}
