package io.graft;

import ai.djl.Device;
import io.graft.features.FeatureCache;
import io.graft.nn.Precision;
import io.graft.runtime.Devices;
import io.graft.zoo.WeightChoice;
import java.util.Optional;

/**
 * With what and where a learner computes.
 *
 * @param weights the backbone's weights
 * @param device where everything runs
 * @param precision of the frozen layers; empty for the fastest whose features agree with fp32's
 * @param cache where features are looked for and kept
 */
public record LearnerOptions(
    WeightChoice weights, Device device, Optional<Precision> precision, FeatureCache cache) {

  /**
   * Pretrained weights, the first GPU or else the CPU, the fastest precision that agrees with fp32,
   * features kept in Graft's cache folder.
   */
  public static LearnerOptions defaults() {
    return new LearnerOptions(
        new WeightChoice.Pretrained(),
        Devices.resolve("auto").get(0),
        Optional.empty(),
        FeatureCache.standard());
  }

  /** These options with other weights. */
  public LearnerOptions withWeights(WeightChoice other) {
    return new LearnerOptions(other, device, precision, cache);
  }

  /** These options with another device. */
  public LearnerOptions withDevice(Device other) {
    return new LearnerOptions(weights, other, precision, cache);
  }

  /** These options with that precision, whatever its features are like. */
  public LearnerOptions withPrecision(Precision other) {
    return new LearnerOptions(weights, device, Optional.of(other), cache);
  }

  /** These options with another place for features. */
  public LearnerOptions withCache(FeatureCache other) {
    return new LearnerOptions(weights, device, precision, other);
  }
}
