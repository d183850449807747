package io.graft;

import ai.djl.Device;
import io.graft.features.FeatureCache;
import io.graft.image.Decode;
import io.graft.nn.Precision;
import io.graft.runtime.Devices;
import io.graft.runtime.InvalidOptionException;
import io.graft.tensors.TensorType;
import io.graft.zoo.WeightChoice;
import java.util.List;
import java.util.Optional;

/**
 * The weights, devices, precision and cache of a learner.
 *
 * <pre>{@code
 * LearnerOptions options =
 *     LearnerOptions.defaults().withDevice(Device.cpu()).withPrecision(Precision.FP32);
 * TransferLearner learner = TransferLearner.of("vgg16", options);
 * }</pre>
 *
 * @param weights the backbone's weights
 * @param devices the devices, at least one. Each runs the frozen layers on its share of the images,
 *     and the first trains the classifier.
 * @param precision the precision of the frozen layers; empty for the fastest precision whose
 *     features agree with fp32
 * @param cache where features are looked up and stored
 * @param rowType the element type of stored features, float16 or float32
 * @param decode how JPEG files are decoded. Fast decoding needs Graft's native image library;
 *     {@link Decode#AUTO} does without it.
 */
public record LearnerOptions(
    WeightChoice weights,
    List<Device> devices,
    Optional<Precision> precision,
    FeatureCache cache,
    TensorType rowType,
    Decode decode) {

  /** Checks every value. */
  public LearnerOptions {
    devices = List.copyOf(devices);
    if (devices.isEmpty()) {
      throw new InvalidOptionException(
          "No device is given. Expected at least one, such as Device.cpu().");
    }
    if (rowType != TensorType.F16 && rowType != TensorType.F32) {
      throw new InvalidOptionException(
          "Features cannot be stored as " + rowType + ": expected F16 or F32.");
    }
  }

  /** Creates options with images decoded exactly. */
  public LearnerOptions(
      WeightChoice weights,
      List<Device> devices,
      Optional<Precision> precision,
      FeatureCache cache,
      TensorType rowType) {
    this(weights, devices, precision, cache, rowType, Decode.EXACT);
  }

  /** Creates options with features stored as float16, of images decoded exactly. */
  public LearnerOptions(
      WeightChoice weights,
      List<Device> devices,
      Optional<Precision> precision,
      FeatureCache cache) {
    this(weights, devices, precision, cache, TensorType.F16);
  }

  /**
   * Returns the defaults: pretrained weights, all GPUs (or the CPU if there is no GPU), the fastest
   * precision that agrees with fp32, features stored in Graft's cache folder, and images decoded
   * exactly.
   */
  public static LearnerOptions defaults() {
    return new LearnerOptions(
        new WeightChoice.Pretrained(),
        Devices.resolve("auto"),
        Optional.empty(),
        FeatureCache.standard());
  }

  /** Returns a copy with other weights. */
  public LearnerOptions withWeights(WeightChoice other) {
    return new LearnerOptions(other, devices, precision, cache, rowType, decode);
  }

  /** Returns a copy with one device. */
  public LearnerOptions withDevice(Device other) {
    return withDevices(List.of(other));
  }

  /** Returns a copy with other devices. */
  public LearnerOptions withDevices(List<Device> others) {
    return new LearnerOptions(weights, others, precision, cache, rowType, decode);
  }

  /** Returns a copy with a fixed precision, which is used even if its features differ from fp32. */
  public LearnerOptions withPrecision(Precision other) {
    return new LearnerOptions(weights, devices, Optional.of(other), cache, rowType, decode);
  }

  /** Returns a copy with another cache. */
  public LearnerOptions withCache(FeatureCache other) {
    return new LearnerOptions(weights, devices, precision, other, rowType, decode);
  }

  /** Returns a copy with another element type of stored features. */
  public LearnerOptions withRowType(TensorType other) {
    return new LearnerOptions(weights, devices, precision, cache, other, decode);
  }

  /** Returns a copy that decodes JPEG files in another way. */
  public LearnerOptions withDecode(Decode other) {
    return new LearnerOptions(weights, devices, precision, cache, rowType, other);
  }
}
