package io.graft.data;

import io.graft.runtime.SplitMix64;
import java.util.Random;

/**
 * Random orders that a seed fixes on every Java machine. {@link Random} is specified to the bit,
 * and the shuffle is spelled out here because that of the collections is not.
 */
public final class SeededOrder {

  private SeededOrder() {}

  /**
   * The numbers 0 to {@code size - 1} in a random order: the Fisher-Yates shuffle (Durstenfeld,
   * Algorithm 235, Communications of the ACM 7(7), 1964).
   */
  public static int[] permutation(int size, long seed) {
    int[] order = new int[size];
    for (int i = 0; i < size; i++) {
      order[i] = i;
    }
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
   * A seed made of two numbers: number {@code stream} of {@link SplitMix64}'s stream of {@code
   * seed}. Neighbouring seeds give {@link Random} similar first draws; mixed ones do not.
   */
  public static long mix(long seed, long stream) {
    return SplitMix64.mix(seed + (stream + 1) * SplitMix64.GOLDEN_GAMMA);
  }
}
