package io.graft.fit;

import io.graft.backbone.Agreement;
import io.graft.backbone.FrozenLayers;
import io.graft.backbone.Plan;
import io.graft.backbone.PlanChooser;
import io.graft.backbone.SampleImages;
import io.graft.data.LabeledImages;
import io.graft.features.FeatureCache;
import io.graft.features.ImageSample;
import io.graft.image.Decode;
import io.graft.runtime.Progress;
import java.util.List;
import java.util.Optional;

/**
 * Chooses how the JPEG files of a set are decoded: fast, if an image of the sample is large enough
 * and the features agree with those of fp32 and exact decoding. The choice depends only on the
 * layers, the machine and the sample.
 */
final class DecodeChoice {

  private final Decode asked;
  private final FrozenLayers layers;
  private final List<LabeledImages> images;
  private final FeatureCache cache;
  private final Progress progress;

  /** The sample; null until it is needed. */
  private ImageSample sample;

  /**
   * Prepares a choice.
   *
   * @param layers the frozen layers in fp32 with exact decoding
   * @param images all images that the layers will run on
   */
  DecodeChoice(
      Decode asked,
      FrozenLayers layers,
      List<LabeledImages> images,
      FeatureCache cache,
      Progress progress) {
    this.asked = asked;
    this.layers = layers;
    this.images = images;
    this.cache = cache;
    this.progress = progress;
  }

  /** Returns the sample, decoded exactly. */
  SampleImages exact() {
    if (sample == null) {
      sample = ImageSample.of(images, cache, layers.input(), PlanChooser.SAMPLE_SIZE, progress);
    }
    return sample.images();
  }

  /** Returns the choice where there are no frozen layers, and so no features to compare. */
  Decode withoutFeatures() {
    return asked == Decode.FAST ? Decode.FAST : Decode.EXACT;
  }

  /**
   * Returns how closely the features of a plan agree if the images are decoded fast; empty if they
   * are to be decoded exactly.
   */
  Optional<Agreement> agreement(PlanChooser chooser, Plan plan) {
    if (asked == Decode.EXACT || exact().rows() == 0) {
      return Optional.empty();
    } else if (asked == Decode.AUTO && !sample.isLarge()) {
      progress.detail("JPEG files are decoded exactly, because no image of the sample is large.");
      return Optional.empty();
    }
    SampleImages fast = sample.images(layers.input().withDecode(Decode.FAST));
    Agreement agreement = chooser.ofFastDecoding(layers, plan, exact(), fast);
    if (asked == Decode.AUTO && !agreement.isClose()) {
      progress.note(
          "JPEG files are decoded exactly, because the features of fast decoding %s. Expected at least %s on average and %s for every image."
              .formatted(agreement.describe(), Agreement.LEAST_MEAN, Agreement.LEAST_SMALLEST));
      return Optional.empty();
    }
    return Optional.of(agreement);
  }
}
