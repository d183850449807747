package io.graft.nn;

import io.graft.runtime.SplitMix64;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorSource;
import io.graft.tensors.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Random weights for a whole network. They are the same on every machine, because each depends only
 * on the seed and its position. Weights are uniform in (-a, a), biases are zero, and batch
 * normalisation starts as the identity.
 *
 * <p>Element i of tensor t, counted from 0 in the order of torchvision's state_dict, is ((z
 * &gt;&gt;&gt; 40) / 2^24 - 0.5) * 2a with z = splitmix64(seed * 2^56 + t * 2^40 + i). The element
 * is computed in float64 and rounded to float32. If the seed has bits above the eighth, splitmix64
 * of these bits is added to the argument.
 *
 * @see <a href="https://prng.di.unimi.it/splitmix64.c">Vigna, splitmix64</a>
 */
public final class RandomWeights implements TensorSource {

  private static final int ELEMENTS_PER_TASK = 1 << 20;

  /** The formula for the bound a, which depends on the size of the layer. */
  private enum Bound {
    KAIMING_UNIFORM,
    GLOROT_UNIFORM;

    private double of(double fanIn, double fanOut) {
      return Math.sqrt(6 / (this == KAIMING_UNIFORM ? fanIn : fanIn + fanOut));
    }
  }

  private final Bound bound;
  private final long seed;
  private final Map<String, TensorInfo> tensors;

  private RandomWeights(Bound bound, Network network, long seed) {
    this.bound = bound;
    this.seed = seed;
    Map<String, TensorInfo> infos = new LinkedHashMap<>();
    network
        .parameterShapes()
        .forEach(
            (name, shape) -> {
              List<Long> sizes = LongStream.of(shape.getShape()).boxed().toList();
              infos.put(name, new TensorInfo(name, TensorType.F32, sizes));
            });
    this.tensors = Collections.unmodifiableMap(infos);
  }

  /**
   * Returns weights with a = sqrt(6 / fan_in). With rectifiers, all layers' outputs then have about
   * the same scale.
   *
   * @see <a href="https://arxiv.org/abs/1502.01852">He et al., 2015</a>
   */
  public static RandomWeights kaimingUniform(Network network, long seed) {
    return new RandomWeights(Bound.KAIMING_UNIFORM, network, seed);
  }

  /**
   * Returns weights with a = sqrt(6 / (fan_in + fan_out)), Keras's default for a classifier.
   *
   * @see <a href="https://proceedings.mlr.press/v9/glorot10a.html">Glorot and Bengio, 2010</a>
   */
  public static RandomWeights glorotUniform(Network network, long seed) {
    return new RandomWeights(Bound.GLOROT_UNIFORM, network, seed);
  }

  @Override
  public Map<String, TensorInfo> tensors() {
    return tensors;
  }

  @Override
  public void readFloat32(String name, long firstElement, ByteBuffer destination) {
    TensorInfo info = tensors.get(name);
    destination.order(ByteOrder.LITTLE_ENDIAN);
    if (info.shape().size() > 1) {
      int number = List.copyOf(tensors.keySet()).indexOf(name);
      fillUniform(destination, number, info, firstElement);
      destination.position(destination.limit());
      return;
    }
    boolean ones = name.endsWith(".weight") || name.endsWith(".running_var");
    while (destination.hasRemaining()) {
      destination.putFloat(ones ? 1f : 0f);
    }
  }

  private void fillUniform(ByteBuffer values, int tensor, TensorInfo info, long firstElement) {
    double receptiveField =
        info.shape().stream().skip(2).mapToDouble(Long::doubleValue).reduce(1, (a, b) -> a * b);
    double width =
        2 * bound.of(info.shape().get(1) * receptiveField, info.shape().get(0) * receptiveField);
    long high = seed >>> 8;
    long start =
        (seed << 56) + (high == 0 ? 0 : splitMix64(high)) + ((long) tensor << 40) + firstElement;
    int position = values.position();
    int elements = values.remaining() / Float.BYTES;
    int tasks = (elements + ELEMENTS_PER_TASK - 1) / ELEMENTS_PER_TASK;
    IntStream.range(0, tasks)
        .parallel()
        .forEach(
            task -> {
              int first = task * ELEMENTS_PER_TASK;
              int end = Math.min(elements, first + ELEMENTS_PER_TASK);
              for (int i = first; i < end; i++) {
                double unit = (splitMix64(start + i) >>> 40) * 0x1p-24;
                values.putFloat(position + i * Float.BYTES, (float) ((unit - 0.5) * width));
              }
            });
  }

  private static long splitMix64(long state) {
    return SplitMix64.mix(state + SplitMix64.GOLDEN_GAMMA);
  }

  @Override
  public String description() {
    return "random weights (" + bound + ", seed " + seed + ")";
  }

  @Override
  public void close() {
    // Nothing to close.
  }
}
