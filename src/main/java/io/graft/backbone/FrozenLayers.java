package io.graft.backbone;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.graft.image.Decode;
import io.graft.image.InputSpec;
import io.graft.nn.Network;
import io.graft.nn.Precision;
import io.graft.nn.RandomWeights;
import io.graft.runtime.DeviceException;
import io.graft.runtime.OpenState;
import io.graft.runtime.Progress;
import io.graft.runtime.TorchRuntime;
import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorSource;
import io.graft.tensors.TensorType;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.function.Supplier;

/**
 * The layers before the freeze boundary with their weights, on one or more devices. They turn
 * images into features. The layers are compiled and loaded onto each device when its first batch
 * arrives, so a run whose features are all stored loads nothing. Not safe for use by several
 * threads at once, except through {@link #workers}.
 */
public final class FrozenLayers implements AutoCloseable {

  /** A GPU copies one batch while it computes another. */
  private static final int WORKERS_PER_GPU = 2;

  private final Network network;
  private final InputSpec input;
  private final FrozenWeights weights;
  private final Plan plan;
  private final Loader loader;
  private final OpenState open = new OpenState(FrozenLayers.class);
  private final List<Replica> replicas;

  /** Loads the backend of frozen layers onto a device. */
  @FunctionalInterface
  interface Loader {
    /**
     * Loads the layers onto the device of {@code manager}, which owns the backend. {@code notices}
     * receives what users should know.
     */
    Backend load(FrozenLayers layers, TensorSource weights, NDManager manager, Notices notices);
  }

  FrozenLayers(
      Network network,
      InputSpec input,
      FrozenWeights weights,
      List<Device> devices,
      Plan plan,
      Loader loader) {
    this.network = network;
    this.input = input;
    this.weights = weights;
    this.plan = plan;
    this.loader = loader;
    this.replicas =
        devices.stream()
            .map(on -> new Replica(on, open, input.bytes(), plan.microBatch(), this::loadOnto))
            .toList();
  }

  /**
   * Returns frozen layers that are loaded when they are needed. Reads the weights once, for their
   * digest.
   *
   * @param frozen the layers before the boundary
   * @param weights a supplier that opens a source of at least the layers' parameters. It must
   *     supply equal values each time, and this class closes each source.
   * @param devices the devices, at least one; everything except {@link #workers} runs on the first
   */
  public static FrozenLayers of(
      Network frozen,
      InputSpec input,
      Supplier<TensorSource> weights,
      List<Device> devices,
      Plan plan) {
    TorchRuntime.load();
    // Layers without parameters need no weights file.
    Supplier<TensorSource> needed =
        frozen.parameterShapes().isEmpty()
            ? () -> RandomWeights.kaimingUniform(frozen, 0)
            : weights;
    FrozenWeights digested = FrozenWeights.of(frozen, needed);
    return new FrozenLayers(
        frozen, input, digested, devices, plan, FrozenLayers::compiledElseBlocks);
  }

  /** Returns frozen layers on one device. The other arguments have the same meaning. */
  public static FrozenLayers of(
      Network frozen, InputSpec input, Supplier<TensorSource> weights, Device device, Plan plan) {
    return of(frozen, input, weights, List.of(device), plan);
  }

  /**
   * Returns the same layers on the same devices with another plan, loaded when they are needed. The
   * caller closes both.
   */
  public FrozenLayers withPlan(Plan other) {
    return with(other, input.decode());
  }

  /** Returns the same layers, as {@link #withPlan}, whose images are decoded in a given way. */
  public FrozenLayers with(Plan other, Decode decode) {
    List<Device> devices = replicas.stream().map(Replica::device).toList();
    return new FrozenLayers(network, input.withDecode(decode), weights, devices, other, loader);
  }

  /** Returns the layers. */
  public Network network() {
    return network;
  }

  /** Returns how images are turned into the layers' input. */
  public InputSpec input() {
    return input;
  }

  /** Returns how the layers are computed. */
  public Plan plan() {
    return plan;
  }

  /**
   * Returns a text with everything besides layers, weights, input and the model of the processor or
   * GPU that affects features: that of the plan, and whether convolutions are {@link Winograd}'s.
   * It is part of the keys of stored rows.
   */
  public String arithmetic() {
    boolean winograd =
        plan.precision() == Precision.FP32
            && !device().isGpu()
            && Winograd.isUsedBy(network, input);
    return plan.canonical() + (winograd ? "-winograd" : "");
  }

  /** Returns the device of the layers, or the first of several. */
  public Device device() {
    return first().device();
  }

  /** Returns the manager of {@link #device}, which is closed with these layers. */
  public NDManager manager() {
    return first().manager();
  }

  /** Returns the SHA-256 of the frozen parameters, as 64 hexadecimal digits. */
  public String weightDigest() {
    return weights.digest();
  }

  /**
   * Checks that no loaded parameter has changed by any bit, in the form in which the layers compute
   * with it.
   *
   * @throws IllegalStateException if one has changed, which is a defect
   */
  public void requireUnchanged() {
    replicas.forEach(Replica::requireUnchanged);
  }

  /**
   * Computes the features of a batch on the first device.
   *
   * @param owner the manager that owns the result
   * @param pixels the pixels of {@code rows} images of the input spec's size, uint8 RGB in NHWC
   *     order, in a direct buffer; not used after this method returns
   * @return the float32 features, (rows, ...) in NCHW order
   * @throws DeviceException if the device fails
   * @throws UnsupportedPrecisionException if this is the first batch and the layers cannot be
   *     computed as planned
   * @throws WeightsException if this is the first batch and the weights have changed
   */
  public NDArray forward(NDManager owner, ByteBuffer pixels, int rows) {
    return first().compute(rows, backend -> backend.forward(owner, pixels, rows));
  }

  /**
   * Computes the features of a batch on the first device, in host memory.
   *
   * @param type the type of the values, float16 or float32; see {@link #forward} for the rest
   */
  public FeatureRows features(NDManager owner, ByteBuffer pixels, int rows, TensorType type) {
    return first().compute(rows, backend -> backend.features(owner, pixels, rows, type));
  }

  /**
   * Starts workers on all devices. Each device loads the layers when its first batch arrives. The
   * caller must close the workers before these layers.
   *
   * @param batches the largest number of batches that will be submitted, at least 1
   * @param listener the listener that is told what users should know, called on the thread that
   *     submits batches
   */
  public Workers workers(int batches, Progress listener) {
    Queue<Replica> working = new ArrayDeque<>();
    for (int worker = 0; worker < WORKERS_PER_GPU; worker++) {
      for (Replica replica : replicas) {
        if (working.size() < batches && (worker == 0 || replica.device().isGpu())) {
          working.add(replica);
        }
      }
    }
    return new Workers(working, listener);
  }

  /**
   * Loads the layers onto the first device for a measurement: {@link #requireUnchanged} cannot be
   * called then.
   */
  void loadForTrial() {
    first().loadForTrial();
  }

  /** Computes a batch of any size on the first device, in parts that fit into its memory. */
  void run(ByteBuffer pixels, int rows, TensorType type, FeatureRows.Taker taker) {
    first().run(pixels, rows, type, taker);
  }

  /** Calls {@link Backend#largestActivations} on the first device. */
  List<Float> largestActivations(ByteBuffer pixels, int rows) {
    return first().compute(rows, backend -> backend.largestActivations(pixels, rows));
  }

  private Replica first() {
    return replicas.get(0);
  }

  private Backend loadOnto(NDManager manager, Notices notices) {
    try (TensorSource source = weights.open(network)) {
      return loader.load(this, source, manager, notices);
    }
  }

  /** Loads compiled layers. If that fails in fp32, loads DJL's blocks, which are slower. */
  private static Backend compiledElseBlocks(
      FrozenLayers layers, TensorSource source, NDManager manager, Notices notices) {
    if (layers.network.layers().isEmpty()) {
      // If no layer is frozen, there is only preprocessing to compute.
      return PixelBackend.load(layers.input, manager);
    }
    try {
      return CompiledBackend.load(
          layers.network, layers.input, source, layers.plan, manager, notices);
    } catch (UnsupportedPrecisionException e) {
      if (layers.plan.precision() != Precision.FP32) {
        throw e;
      }
      notices.note("The frozen layers run uncompiled, which is slower: " + e.getMessage());
      return BlockBackend.load(layers.network, layers.input, source, manager);
    }
  }

  @Override
  public void close() {
    open.close();
    replicas.forEach(Replica::close);
  }
}
