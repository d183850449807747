package io.graft.backbone;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.graft.image.InputSpec;
import io.graft.nn.Network;
import io.graft.nn.Precision;
import io.graft.nn.WeightCheck;
import io.graft.runtime.DeviceException;
import io.graft.runtime.TorchRuntime;
import io.graft.runtime.UnsupportedPrecisionException;
import io.graft.runtime.WeightsException;
import io.graft.weights.TensorSource;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Supplier;

/**
 * The layers before the freeze boundary with their weights on one device: pictures in, activations
 * at the boundary out. They are compiled and loaded when the first batch comes, so that a run whose
 * activations are all at hand never does it. Not safe for use by several threads at once.
 */
public final class FrozenPrefix implements AutoCloseable {

  /** The largest uint8. */
  private static final float LAST_STEP = 255;

  /** How far the steps of a uint8 reach, as a multiple of the largest activation seen. */
  private static final float ROOM = 1.1f;

  private final Network network;
  private final InputSpec input;
  private final Supplier<TensorSource> weights;
  private final NDManager manager;
  private final Plan plan;
  private final String weightDigest;
  private Backend backend;
  private String loadedDigest;

  private FrozenPrefix(
      Network network,
      InputSpec input,
      Supplier<TensorSource> weights,
      NDManager manager,
      Plan plan,
      String weightDigest) {
    this.network = network;
    this.input = input;
    this.weights = weights;
    this.manager = manager;
    this.plan = plan;
    this.weightDigest = weightDigest;
  }

  /**
   * Frozen layers that are loaded when they are needed. Reads the weights once, for their digest.
   *
   * @param frozen the layers before the boundary
   * @param weights opens a source of at least their parameters, the same each time; each is closed
   *     here
   */
  public static FrozenPrefix of(
      Network frozen, InputSpec input, Supplier<TensorSource> weights, Device device, Plan plan) {
    TorchRuntime.load();
    try (TensorSource source = weights.get()) {
      WeightCheck.requireCovered(frozen, source);
      String digest = WeightDigest.of(frozen, source);
      NDManager manager = NDManager.newBaseManager(device, "PyTorch");
      return new FrozenPrefix(frozen, input, weights, manager, plan, digest);
    }
  }

  /**
   * Frozen layers in fp32, loaded at once.
   *
   * @param frozen the layers before the boundary
   * @param weights holds at least their parameters; not used after this returns
   * @throws DeviceException if the device cannot take them
   */
  public static FrozenPrefix load(
      Network frozen, InputSpec input, TensorSource weights, Device device) {
    WeightCheck.requireCovered(frozen, weights);
    Plan plan = Plan.exact(device);
    String digest = WeightDigest.of(frozen, weights);
    NDManager manager = NDManager.newBaseManager(device, "PyTorch");
    FrozenPrefix prefix = new FrozenPrefix(frozen, input, () -> weights, manager, plan, digest);
    boolean loaded = false;
    try {
      prefix.load(weights);
      loaded = true;
      return prefix;
    } finally {
      if (!loaded) {
        manager.close();
      }
    }
  }

  /**
   * The same layers to be computed in another way, loaded when they are needed. The caller closes
   * both.
   */
  public FrozenPrefix withPlan(Plan other) {
    NDManager own = NDManager.newBaseManager(device(), "PyTorch");
    return new FrozenPrefix(network, input, weights, own, other, weightDigest);
  }

  /** The frozen layers. */
  public Network network() {
    return network;
  }

  /** How a picture becomes their input. */
  public InputSpec input() {
    return input;
  }

  /** How they are computed. */
  public Plan plan() {
    return plan;
  }

  /** The device that they are on. */
  public Device device() {
    return manager.getDevice();
  }

  /** The manager that owns what is loaded and lives as long as this. */
  public NDManager manager() {
    return manager;
  }

  /** The SHA-256 of the frozen parameters, as 64 hexadecimal digits. */
  public String weightDigest() {
    return weightDigest;
  }

  /**
   * Checks that no bit of a frozen parameter has changed since it was loaded, in the form in which
   * it is computed with. Parameters that were never loaded have not.
   *
   * @throws IllegalStateException if one has, which is a defect
   */
  public void requireUnchanged() {
    if (backend == null) {
      return;
    }
    String now = backend.parameterDigest();
    if (!now.equals(loadedDigest)) {
      throw new IllegalStateException(
          "Frozen parameters changed: their SHA-256 was " + loadedDigest + " and is " + now);
    }
  }

  /**
   * Runs a batch of pictures.
   *
   * @param owner owns the result
   * @param pixels uint8 RGB in NHWC order, {@code rows} pictures of the input spec's size, direct;
   *     not used after this returns
   * @return float32 activations at the boundary, (rows, ...) in NCHW order
   * @throws DeviceException if the device fails
   * @throws UnsupportedPrecisionException if this is the first batch and the layers cannot be
   *     computed as planned
   * @throws WeightsException if this is the first batch and the weights are not those of before
   */
  public NDArray forward(NDManager owner, ByteBuffer pixels, int rows) {
    Backend loaded = backend();
    try {
      return loaded.forward(owner, pixels, rows);
    } catch (EngineException e) {
      throw failed(rows, e);
    }
  }

  /**
   * The scales for computing the same layers in int8, calibrated on some pictures: each is what one
   * of a uint8's 255 steps must be for 1.1 times the largest activation of its convolution over all
   * of them. On 16 photographs behind 8 others, VGG16's features had a smallest cosine to fp32's of
   * 0.9992 so, 0.9984 without the room above the largest, and 0.9947 with the 99.99th percentile.
   *
   * @param pixels as for {@link #forward}, any number of rows
   * @return for {@link Plan#scales}; of two samples' scales the larger of each hold for both
   * @throws UnsupportedPrecisionException if the layers cannot be computed in int8
   */
  public List<Float> activationScales(ByteBuffer pixels, int rows) {
    Backend loaded = backend();
    try {
      List<Float> largest = loaded.largestActivations(pixels, rows);
      return largest.subList(0, largest.size() - 1).stream()
          .map(value -> value > 0 ? ROOM * value / LAST_STEP : 1)
          .toList();
    } catch (EngineException e) {
      throw failed(rows, e);
    }
  }

  private DeviceException failed(int rows, EngineException e) {
    return new DeviceException(
        "The device "
            + device()
            + " failed on a batch of "
            + rows
            + " pictures: "
            + e.getMessage()
            + ". End other programs that use the device, or use the CPU.",
        e);
  }

  private Backend backend() {
    if (backend == null) {
      try (TensorSource source = weights.get()) {
        String now = WeightDigest.of(network, source);
        if (!now.equals(weightDigest)) {
          throw new WeightsException(
              source.description()
                  + " changed while it was in use: the SHA-256 of the parameters was "
                  + weightDigest
                  + " and is "
                  + now
                  + ". Run again.");
        }
        load(source);
      }
    }
    return backend;
  }

  private void load(TensorSource source) {
    Backend loaded;
    try {
      loaded = CompiledBackend.load(network, input, source, plan, manager);
    } catch (UnsupportedPrecisionException e) {
      if (plan.precision() != Precision.FP32) {
        throw e;
      }
      // The reference can compute everything, only more slowly.
      loaded = BlockBackend.load(network, input, source, manager);
    }
    loadedDigest = loaded.parameterDigest();
    backend = loaded;
  }

  @Override
  public void close() {
    manager.close();
  }
}
