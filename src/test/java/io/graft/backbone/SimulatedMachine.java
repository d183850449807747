package io.graft.backbone;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.graft.image.InputSpec;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import io.graft.nn.Precision;
import io.graft.runtime.TorchRuntime;
import io.graft.tensors.TensorType;
import io.graft.testing.FormulaWeights;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/** A machine whose clock only advances while its simulated layers compute. */
final class SimulatedMachine implements Instruments {

  private static final InputSpec INPUT = InputSpec.TORCHVISION.withSize(32);
  private static final Network NETWORK =
      new Network(
          "simulated",
          new Shape(3, 32, 32),
          List.of(new NamedLayer("a", "a", new Layer.Conv2d(3, 2, 1, 1, 0))));

  /** The precisions that were loaded, in order. */
  final List<Precision> loaded = new ArrayList<>();

  /** The number of images that each precision computed. */
  final Map<Precision, Integer> images = new EnumMap<>(Precision.class);

  /** The largest number of images in one pass of each precision. */
  final Map<Precision, Integer> largest = new EnumMap<>(Precision.class);

  final Set<Precision> unfit = EnumSet.noneOf(Precision.class);

  /** The largest activation of each convolution. */
  List<Float> activations = List.of(1f);

  /** The relative speed of each number of threads. */
  final Map<Integer, Double> threads = new HashMap<>();

  private final Device device;
  private final Map<Precision, Double> speeds;
  private final double coldSeconds;
  private long now;

  /**
   * Simulates a machine.
   *
   * @param speeds the images per second of each precision when it is warm
   * @param coldSeconds each precision is slower until it has computed for so long: on a CPU twice
   *     as slow; on a GPU five times, and the first pass of the process takes 1.5 seconds more
   */
  SimulatedMachine(Device device, Map<Precision, Double> speeds, double coldSeconds) {
    this.device = device;
    this.speeds = speeds;
    this.coldSeconds = coldSeconds;
  }

  FrozenLayers layers() {
    TorchRuntime.load();
    FormulaWeights weights = new FormulaWeights(NETWORK, 1);
    return new FrozenLayers(
        NETWORK,
        INPUT,
        FrozenWeights.of(NETWORK, () -> weights),
        List.of(device),
        Plan.exact(device),
        (layers, source, manager, notes) -> load(layers.plan()));
  }

  static SampleImages sample(String digest, int rows) {
    return new SampleImages(digest, ByteBuffer.allocateDirect(rows * INPUT.bytes()), rows);
  }

  @Override
  public LongSupplier clock(Device on) {
    return () -> now;
  }

  @Override
  public LongSupplier wallClock() {
    return () -> now;
  }

  @Override
  public Optional<String> unfit(Precision precision, NDManager manager) {
    return unfit.contains(precision) ? Optional.of("it is slow.") : Optional.empty();
  }

  @Override
  public List<Integer> threadCounts() {
    return threads.isEmpty()
        ? List.of(Plan.exact(device).threads())
        : threads.keySet().stream().sorted().toList();
  }

  private Backend load(Plan plan) {
    loaded.add(plan.precision());
    return new Simulated(plan);
  }

  private final class Simulated implements Backend {
    private final Plan plan;
    private double computed;

    Simulated(Plan plan) {
      this.plan = plan;
    }

    private void pass(int rows) {
      Precision precision = plan.precision();
      if (device.isGpu() && images.isEmpty()) {
        now += 1_500_000_000L;
      }
      images.merge(precision, rows, Integer::sum);
      largest.merge(precision, rows, Math::max);
      double speed = speeds.get(precision) * threads.getOrDefault(plan.threads(), 1.0);
      double coldFactor = device.isGpu() ? 5 : 2;
      double seconds = rows / (computed < coldSeconds ? speed / coldFactor : speed);
      computed += seconds;
      now += Math.round(seconds * 1e9);
    }

    @Override
    public NDArray forward(NDManager owner, ByteBuffer pixels, int rows) {
      throw new UnsupportedOperationException("not simulated");
    }

    @Override
    public FeatureRows features(NDManager owner, ByteBuffer pixels, int rows, TensorType type) {
      pass(rows);
      ByteBuffer values =
          ByteBuffer.allocateDirect(rows * 2 * 32 * 32 * type.bytes())
              .order(ByteOrder.nativeOrder());
      for (int i = 0; type == TensorType.F32 && values.hasRemaining(); i++) {
        values.putFloat(1 + i % 7);
      }
      return new FeatureRows(values.clear(), 8);
    }

    @Override
    public List<Float> largestActivations(ByteBuffer pixels, int rows) {
      return activations;
    }

    @Override
    public String parameterDigest() {
      return "simulated";
    }
  }
}
