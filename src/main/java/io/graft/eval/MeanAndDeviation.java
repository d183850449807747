package io.graft.eval;

import java.util.Arrays;

/**
 * The mean of a sample and its standard deviation, with n - 1 as in {@code statistics.stdev} of
 * Python.
 *
 * @param deviation not a number for a sample of one
 */
public record MeanAndDeviation(double mean, double deviation) {

  /** Of at least one value. */
  public static MeanAndDeviation of(double[] values) {
    double mean = Arrays.stream(values).average().orElseThrow();
    double squares = Arrays.stream(values).map(value -> Math.pow(value - mean, 2)).sum();
    return new MeanAndDeviation(mean, Math.sqrt(squares / (values.length - 1)));
  }
}
