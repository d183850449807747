package io.graft.data.splits;

import io.graft.runtime.SplitMix64;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Random orders that are the same for a seed on every Java version. Java specifies the algorithm of
 * {@link Random} exactly, but not the shuffle of the collections, so the shuffle is written here.
 */
public final class SeededOrder {

  private SeededOrder() {}

  /**
   * Returns the numbers 0 to {@code size - 1} in a random order: the Fisher-Yates shuffle
   * (Durstenfeld, Algorithm 235, Communications of the ACM 7(7), 1964).
   */
  public static int[] permutation(int size, long seed) {
    int[] order = IntStream.range(0, size).toArray();
    Random random = new Random(seed);
    for (int i = size - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swapped = order[i];
      order[i] = order[j];
      order[j] = swapped;
    }
    return order;
  }

  /**
   * Mixes two numbers into a seed: number {@code stream} of the sequence that {@link SplitMix64}
   * draws from {@code seed}. Without mixing, the first draws of {@link Random} are similar for
   * neighbouring seeds.
   */
  public static long mix(long seed, long stream) {
    return SplitMix64.mix(seed + (stream + 1) * SplitMix64.GOLDEN_GAMMA);
  }
}
