package io.graft.testing;

import io.graft.nn.Network;
import io.graft.nn.RandomWeights;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorSource;
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
  public void readFloat32(String name, long firstElement, ByteBuffer destination) {
    if (!name.endsWith(".bias")) {
      weights.readFloat32(name, firstElement, destination);
      return;
    }
    destination.order(ByteOrder.LITTLE_ENDIAN);
    long state = (seed << 56) + ((long) names.indexOf(name) << 40) + firstElement;
    while (destination.hasRemaining()) {
      double unit = (splitMix64(state) >>> 40) / (double) (1 << 24);
      destination.putFloat((float) ((unit - 0.5) * 0.1));
      state++;
    }
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
