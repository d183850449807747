package io.graft.eval;

import java.util.Arrays;

/**
 * The mean of a sample and its standard deviation.
 *
 * @param deviation the deviation with divisor n - 1, like Python's {@code statistics.stdev}; NaN
 *     for one value
 */
public record MeanAndDeviation(double mean, double deviation) {

  /** Returns the mean and deviation of at least one value. */
  public static MeanAndDeviation of(double[] values) {
    double mean = Arrays.stream(values).average().orElseThrow();
    double squares = Arrays.stream(values).map(value -> Math.pow(value - mean, 2)).sum();
    return new MeanAndDeviation(mean, Math.sqrt(squares / (values.length - 1)));
  }
}
