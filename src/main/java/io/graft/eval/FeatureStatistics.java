package io.graft.eval;

import java.util.Arrays;

/**
 * A summary of feature rows: the count and mean of each class, and the variance within the classes.
 *
 * @param counts the number of rows of each class; shape (classes)
 * @param means the mean of each feature over a class's rows; shape (classes, features); zero for a
 *     class without rows
 * @param variances the variance of each feature within classes, shape (features): the sum of
 *     squared distances from the class mean, divided by {@link #degreesOfFreedom}; zero if that is
 *     zero
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
   * Collects statistics in memory that does not grow with the number of rows. The method is from
   * Welford, Note on a Method for Calculating Corrected Sums of Squares and Products, Technometrics
   * 4(3), 1962.
   */
  public static final class Collector {
    private final long[] counts;
    private final double[][] means;
    private final double[] squares;

    /** Creates a collector without rows. */
    public Collector(int classes, int features) {
      counts = new long[classes];
      means = new double[classes][features];
      squares = new double[features];
    }

    /**
     * Adds rows.
     *
     * @param features the features, row after row, finite; shape (rows, features)
     * @param label the class index of each row; shape (rows)
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

    /** Returns the statistics of all rows that were added. */
    public FeatureStatistics collected() {
      float[][] roundedMeans =
          Arrays.stream(means).map(mean -> toFloat(mean, 1)).toArray(float[][]::new);
      // Without a degree of freedom, the squares are zero, so any divisor gives zero.
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
