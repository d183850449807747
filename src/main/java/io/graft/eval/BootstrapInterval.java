package io.graft.eval;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * The percentile bootstrap interval of a share: rows are drawn again with replacement, as many as
 * there are, 2,000 times, and the interval holds the middle 95 % of the shares that come out (Efron
 * and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13). Where every row is right, or
 * none, it has no width, which says little about a small set.
 *
 * @param low the 2.5th percentile
 * @param high the 97.5th percentile
 */
public record BootstrapInterval(double low, double high) {

  /** The share of the resampled values that the interval holds. */
  public static final double LEVEL = 0.95;

  private static final int RESAMPLES = 2000;

  /**
   * The interval of {@code successes / rows}. The same numbers give the same interval everywhere.
   *
   * @param successes in [0, rows]
   * @param rows at least 1
   * @param seed of the resampling
   */
  public static BootstrapInterval ofShare(int successes, int rows, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] shares = new double[RESAMPLES];
    for (int i = 0; i < RESAMPLES; i++) {
      int drawn = 0;
      for (int row = 0; row < rows; row++) {
        // Which row was drawn matters only in whether it is one of the successes.
        drawn += random.nextInt(rows) < successes ? 1 : 0;
      }
      shares[i] = (double) drawn / rows;
    }
    Arrays.sort(shares);
    return new BootstrapInterval(
        percentile(shares, (1 - LEVEL) / 2), percentile(shares, (1 + LEVEL) / 2));
  }

  /** Linear interpolation between the two nearest values, as NumPy's percentile. */
  static double percentile(double[] sorted, double share) {
    double position = share * (sorted.length - 1);
    int below = (int) position;
    double above = sorted[Math.min(below + 1, sorted.length - 1)];
    return sorted[below] + (position - below) * (above - sorted[below]);
  }
}
