package io.graft.backbone;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.graft.image.InputSpec;
import io.graft.nn.Network;
import io.graft.nn.ParameterDigest;
import io.graft.nn.Precision;
import io.graft.nn.RandomWeights;
import io.graft.nn.WeightCheck;
import io.graft.runtime.DeviceException;
import io.graft.runtime.TorchRuntime;
import io.graft.runtime.UnsupportedPrecisionException;
import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorSource;
import io.graft.tensors.TensorType;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The layers before the freeze boundary with their weights, on one device or several: pictures in,
 * activations at the boundary out. They are compiled and loaded onto each device when its first
 * batch comes, so that a run whose activations are all at hand never does it. Not safe for use by
 * several threads at once, except through {@link #workers}.
 */
public final class FrozenLayers implements AutoCloseable {

  /** One batch is copied while another is computed. */
  private static final int WORKERS_PER_GPU = 2;

  private final Network network;
  private final InputSpec input;
  private final Supplier<TensorSource> weights;
  private final Plan plan;
  private final String weightDigest;
  private final Loader loader;
  private final List<Replica> replicas;

  /** Makes what computes some layers on the device of a manager, which owns it. */
  @FunctionalInterface
  interface Loader {
    /** Loads the layers; {@code notes} is told, one line, what people should know. */
    Backend load(
        FrozenLayers layers, TensorSource weights, NDManager manager, Consumer<String> notes);
  }

  FrozenLayers(
      Network network,
      InputSpec input,
      Supplier<TensorSource> weights,
      List<Device> devices,
      Plan plan,
      String weightDigest,
      Loader loader) {
    this.network = network;
    this.input = input;
    this.weights = weights;
    this.plan = plan;
    this.weightDigest = weightDigest;
    this.loader = loader;
    this.replicas =
        devices.stream()
            .map(device -> new Replica(device, input.bytes(), plan.microBatch(), this::loadOnto))
            .toList();
  }

  /**
   * Frozen layers that are loaded when they are needed. Reads the weights once, for their digest.
   *
   * @param frozen the layers before the boundary
   * @param weights opens a source of at least their parameters, the same each time; each is closed
   *     here
   * @param devices at least one; the first is where everything runs but {@link #workers}
   */
  public static FrozenLayers of(
      Network frozen,
      InputSpec input,
      Supplier<TensorSource> weights,
      List<Device> devices,
      Plan plan) {
    TorchRuntime.load();
    // Layers without parameters, or none at all, need no file.
    Supplier<TensorSource> needed =
        frozen.parameterShapes().isEmpty()
            ? () -> RandomWeights.kaimingUniform(frozen, 0)
            : weights;
    try (TensorSource source = needed.get()) {
      WeightCheck.requireCovered(frozen, source);
      String digest = ParameterDigest.of(frozen, source);
      return new FrozenLayers(
          frozen, input, needed, devices, plan, digest, FrozenLayers::compiledElseBlocks);
    }
  }

  /** Frozen layers on one device; see {@link #of(Network, InputSpec, Supplier, List, Plan)}. */
  public static FrozenLayers of(
      Network frozen, InputSpec input, Supplier<TensorSource> weights, Device device, Plan plan) {
    return of(frozen, input, weights, List.of(device), plan);
  }

  /**
   * Frozen layers in fp32 on one device, loaded at once.
   *
   * @param frozen the layers before the boundary
   * @param weights holds at least their parameters; closed here
   * @throws DeviceException if the device cannot take them
   */
  public static FrozenLayers load(
      Network frozen, InputSpec input, TensorSource weights, Device device) {
    WeightCheck.requireCovered(frozen, weights);
    Plan plan = Plan.exact(device);
    String digest = ParameterDigest.of(frozen, weights);
    FrozenLayers prefix =
        new FrozenLayers(
            frozen,
            input,
            () -> weights,
            List.of(device),
            plan,
            digest,
            FrozenLayers::compiledElseBlocks);
    boolean loaded = false;
    try {
      prefix.first().backend();
      loaded = true;
      return prefix;
    } finally {
      if (!loaded) {
        prefix.close();
      }
    }
  }

  /**
   * The same layers on the same devices to be computed in another way, loaded when they are needed.
   * The caller closes both.
   */
  public FrozenLayers withPlan(Plan other) {
    List<Device> devices = replicas.stream().map(Replica::device).toList();
    return new FrozenLayers(network, input, weights, devices, other, weightDigest, loader);
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

  /** The device that they are on, or the first of several. */
  public Device device() {
    return first().device();
  }

  /** The manager that owns what is loaded onto {@link #device} and lives as long as this. */
  public NDManager manager() {
    return first().manager();
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
    replicas.forEach(Replica::requireUnchanged);
  }

  /**
   * Runs a batch of pictures on the first device.
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
    return first().forward(owner, pixels, rows);
  }

  /**
   * Runs a batch of pictures on the first device and fetches what it gave.
   *
   * @param type of the values, float16 or float32; otherwise as {@link #forward}
   */
  public FeatureRows features(NDManager owner, ByteBuffer pixels, int rows, TensorType type) {
    return first().features(owner, pixels, rows, type);
  }

  /**
   * Workers on all devices, loaded as they come to work. The caller closes them before this.
   *
   * @param batches how many batches there will be at most, at least 1
   * @param notes told what people should know, on the thread that hands batches over
   */
  public Workers workers(int batches, Consumer<String> notes) {
    Queue<Replica> working = new ArrayDeque<>();
    for (int round = 0; round < WORKERS_PER_GPU; round++) {
      for (Replica replica : replicas) {
        if (working.size() < batches && (round == 0 || replica.device().isGpu())) {
          working.add(replica);
        }
      }
    }
    return new Workers(working, notes);
  }

  /** The contract is {@link Backend#largestActivations}'s. */
  List<Float> largestActivations(ByteBuffer pixels, int rows) {
    return first().largestActivations(pixels, rows);
  }

  private Replica first() {
    return replicas.get(0);
  }

  private Backend loadOnto(NDManager manager, Consumer<String> notes) {
    try (TensorSource source = weights.get()) {
      String now = ParameterDigest.of(network, source);
      if (!now.equals(weightDigest)) {
        throw new WeightsException(
            source.description()
                + " changed while it was in use: the SHA-256 of the parameters was "
                + weightDigest
                + " and is "
                + now
                + ". Run again.");
      }
      return loader.load(this, source, manager, notes);
    }
  }

  /** fp32 falls back on the reference, which can compute everything, only more slowly. */
  private static Backend compiledElseBlocks(
      FrozenLayers layers, TensorSource source, NDManager manager, Consumer<String> notes) {
    if (layers.network.layers().isEmpty()) {
      // Nothing but the preparation of pictures is before a boundary at the input.
      return BlockBackend.load(layers.network, layers.input, source, manager);
    }
    try {
      return CompiledBackend.load(layers.network, layers.input, source, layers.plan, manager);
    } catch (UnsupportedPrecisionException e) {
      if (layers.plan.precision() != Precision.FP32) {
        throw e;
      }
      notes.accept(
          "The frozen layers are computed one operator after another, which is slower: "
              + e.getMessage());
      return BlockBackend.load(layers.network, layers.input, source, manager);
    }
  }

  @Override
  public void close() {
    replicas.forEach(Replica::close);
  }
}
