package io.graft.eval;

import java.util.Arrays;

/**
 * A summary of feature rows: the count and mean of each class, and the variance within the classes.
 *
 * @param counts (classes), the number of rows
 * @param means (classes, features), the mean of each feature over a class's rows; zero for a class
 *     without rows
 * @param variances (features), the sum of squared distances from the mean of the row's class,
 *     divided by {@link #degreesOfFreedom}; zero where that is zero
 */
@SuppressWarnings("ArrayRecordComponent") // Statistics are never compared.
public record FeatureStatistics(long[] counts, float[][] means, float[] variances) {

  /** Returns the number of rows minus the number of classes that have rows. */
  public long degreesOfFreedom() {
    return degreesOfFreedom(counts);
  }

  private static long degreesOfFreedom(long[] counts) {
    return Arrays.stream(counts).map(count -> Math.max(0, count - 1)).sum();
  }

  /**
   * Collects statistics in memory that does not grow with the number of rows: Welford, Note on a
   * Method for Calculating Corrected Sums of Squares and Products, Technometrics 4(3), 1962.
   */
  public static final class Collector {
    private final long[] counts;
    private final double[][] means;
    private final double[] squares;

    /** Creates statistics of no rows yet. */
    public Collector(int classes, int features) {
      counts = new long[classes];
      means = new double[classes][features];
      squares = new double[features];
    }

    /**
     * Adds rows.
     *
     * @param features (rows, features), row after row, finite
     * @param label (rows), class indices
     */
    public void add(float[] features, int[] label) {
      int width = squares.length;
      for (int row = 0; row < label.length; row++) {
        double[] mean = means[label[row]];
        long count = ++counts[label[row]];
        for (int i = 0; i < width; i++) {
          double value = features[row * width + i];
          double distance = value - mean[i];
          mean[i] += distance / count;
          squares[i] += distance * (value - mean[i]);
        }
      }
    }

    /** Returns the statistics of every row added. */
    public FeatureStatistics collected() {
      float[][] roundedMeans =
          Arrays.stream(means).map(mean -> toFloat(mean, 1)).toArray(float[][]::new);
      // Without a degree of freedom the squares are zero.
      double divisor = Math.max(1, degreesOfFreedom(counts));
      return new FeatureStatistics(counts.clone(), roundedMeans, toFloat(squares, divisor));
    }

    private static float[] toFloat(double[] values, double divisor) {
      float[] rounded = new float[values.length];
      for (int i = 0; i < values.length; i++) {
        rounded[i] = (float) (values[i] / divisor);
      }
      return rounded;
    }
  }
}
