package io.graft.eval;

import java.util.OptionalDouble;
import java.util.stream.IntStream;

/**
 * Fits the divisor of the logits that makes probabilities match the share of right answers. This is
 * temperature scaling (Guo et al., On Calibration of Modern Neural Networks, ICML 2017,
 * arXiv:1706.04599).
 */
public final class Temperature {

  /** The relative size of the last step. Each step of Newton's method squares the error. */
  private static final double TOLERANCE = 1e-9;

  private static final int MOST_STEPS = 200;

  private Temperature() {}

  /**
   * Returns the temperature with the smallest cross-entropy. Newton's method searches the inverse
   * temperature, in which the cross-entropy is convex. A bisection replaces steps out of the
   * bracket.
   *
   * @param logits the logits of rows that were not trained on; float32, shape (rows, classes)
   * @param labels the true class of each row, in [0, classes)
   * @return a positive number; empty if no temperature is best. If every label has the largest
   *     logit of its row, the cross-entropy falls towards temperature 0. If the sum of the labels'
   *     logits is no larger than the sum of the rows' mean logits, it falls towards infinity.
   * @throws IllegalArgumentException if there is not one label per row
   */
  public static OptionalDouble fit(float[][] logits, int[] labels) {
    if (logits.length != labels.length) {
      throw new IllegalArgumentException(
          logits.length + " rows of logits and " + labels.length + " labels");
    }
    if (slope(logits, labels, 0).value >= 0 || everyLabelIsLargest(logits, labels)) {
      return OptionalDouble.empty();
    }
    double low = 0;
    double high = 1;
    while (slope(logits, labels, high).value < 0) {
      low = high;
      high *= 2;
    }
    double inverse = high;
    for (int i = 0; i < MOST_STEPS && high - low > TOLERANCE * high; i++) {
      Slope slope = slope(logits, labels, inverse);
      if (slope.value < 0) {
        low = inverse;
      } else {
        high = inverse;
      }
      double newton = inverse - slope.value / slope.curvature;
      double next = newton > low && newton < high ? newton : (low + high) / 2;
      if (Math.abs(next - inverse) <= TOLERANCE * inverse) {
        return OptionalDouble.of(1 / next);
      }
      inverse = next;
    }
    return OptionalDouble.of(1 / inverse);
  }

  /** The first two derivatives of the summed cross-entropy in the inverse temperature. */
  private record Slope(double value, double curvature) {}

  /**
   * Sums the derivatives over rows. The first is the mean of the logits under the softmax minus the
   * label's logit. The second is the variance of the logits under the softmax.
   */
  private static Slope slope(float[][] logits, int[] labels, double inverse) {
    double value = 0;
    double curvature = 0;
    for (int row = 0; row < logits.length; row++) {
      double largest = largest(logits[row]);
      double weights = 0;
      double first = 0;
      double second = 0;
      for (float logit : logits[row]) {
        double below = logit - largest;
        double weight = Math.exp(inverse * below);
        weights += weight;
        first += weight * below;
        second += weight * below * below;
      }
      double mean = first / weights;
      value += mean - (logits[row][labels[row]] - largest);
      curvature += second / weights - mean * mean;
    }
    return new Slope(value, curvature);
  }

  private static boolean everyLabelIsLargest(float[][] logits, int[] labels) {
    return IntStream.range(0, logits.length)
        .noneMatch(row -> logits[row][labels[row]] < largest(logits[row]));
  }

  private static double largest(float[] logits) {
    return logits[SingleLabelEvaluation.argMax(logits)];
  }
}
