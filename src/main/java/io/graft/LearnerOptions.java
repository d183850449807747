package io.graft;

import ai.djl.Device;
import io.graft.features.FeatureCache;
import io.graft.nn.Precision;
import io.graft.runtime.Devices;
import io.graft.runtime.InvalidOptionException;
import io.graft.tensors.TensorType;
import io.graft.zoo.WeightChoice;
import java.util.List;
import java.util.Optional;

/**
 * With what and where a learner computes.
 *
 * @param weights the backbone's weights
 * @param devices where the frozen layers run, each on its share of the pictures, at least one; the
 *     classifier is trained on the first
 * @param precision of the frozen layers; empty for the fastest whose features agree with fp32's
 * @param cache where features are looked for and kept
 * @param rowType in which features are kept, float16 or float32
 */
public record LearnerOptions(
    WeightChoice weights,
    List<Device> devices,
    Optional<Precision> precision,
    FeatureCache cache,
    TensorType rowType) {

  /** Copies the devices. */
  public LearnerOptions {
    devices = List.copyOf(devices);
    if (devices.isEmpty()) {
      throw new InvalidOptionException(
          "No device is given. Expected at least one, such as Device.cpu().");
    }
    if (rowType != TensorType.F16 && rowType != TensorType.F32) {
      throw new InvalidOptionException(
          "Features cannot be kept as " + rowType + ": expected F16 or F32.");
    }
  }

  /** Features kept as float16. */
  public LearnerOptions(
      WeightChoice weights,
      List<Device> devices,
      Optional<Precision> precision,
      FeatureCache cache) {
    this(weights, devices, precision, cache, TensorType.F16);
  }

  /**
   * Pretrained weights, all GPUs or else the CPU, the fastest precision that agrees with fp32,
   * features kept in Graft's cache folder.
   */
  public static LearnerOptions defaults() {
    return new LearnerOptions(
        new WeightChoice.Pretrained(),
        Devices.resolve("auto"),
        Optional.empty(),
        FeatureCache.standard());
  }

  /** These options with other weights. */
  public LearnerOptions withWeights(WeightChoice other) {
    return new LearnerOptions(other, devices, precision, cache, rowType);
  }

  /** These options with one device. */
  public LearnerOptions withDevice(Device other) {
    return withDevices(List.of(other));
  }

  /** These options with other devices. */
  public LearnerOptions withDevices(List<Device> others) {
    return new LearnerOptions(weights, others, precision, cache, rowType);
  }

  /** These options with that precision, whatever its features are like. */
  public LearnerOptions withPrecision(Precision other) {
    return new LearnerOptions(weights, devices, Optional.of(other), cache, rowType);
  }

  /** These options with another place for features. */
  public LearnerOptions withCache(FeatureCache other) {
    return new LearnerOptions(weights, devices, precision, other, rowType);
  }

  /** These options with features kept in another type. */
  public LearnerOptions withRowType(TensorType other) {
    return new LearnerOptions(weights, devices, precision, cache, other);
  }
}
