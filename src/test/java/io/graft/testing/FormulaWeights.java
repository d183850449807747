package io.graft.testing;

import io.graft.nn.Network;
import io.graft.nn.RandomWeights;
import io.graft.weights.TensorInfo;
import io.graft.weights.TensorSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The weights of the formula at the head of make_golden.py for a whole network: production's random
 * weights, and here the biases, which production leaves at zero.
 */
public final class FormulaWeights implements TensorSource {

  private final RandomWeights weights;
  private final List<String> names;
  private final long seed;

  public FormulaWeights(Network network, long seed) {
    this.weights = RandomWeights.kaimingUniform(network, seed);
    this.names = new ArrayList<>(weights.tensors().keySet());
    this.seed = seed;
  }

  @Override
  public Map<String, TensorInfo> tensors() {
    return weights.tensors();
  }

  @Override
  public ByteBuffer readFloat32(String name) {
    if (!name.endsWith(".bias")) {
      return weights.readFloat32(name);
    }
    int elements = Math.toIntExact(tensors().get(name).elements());
    ByteBuffer values =
        ByteBuffer.allocateDirect(elements * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    long start = (seed << 56) + ((long) names.indexOf(name) << 40);
    for (int i = 0; i < elements; i++) {
      double unit = (splitMix64(start + i) >>> 40) / (double) (1 << 24);
      values.putFloat((float) ((unit - 0.5) * 0.1));
    }
    return values.flip();
  }

  private static long splitMix64(long state) {
    long z = state + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  @Override
  public String description() {
    return "the formula of make_golden.py";
  }

  @Override
  public void close() {}
}
