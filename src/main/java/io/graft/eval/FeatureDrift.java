package io.graft.eval;

import java.util.Optional;

/**
 * How far the features of some rows lie from those of the training rows: the standardised mean
 * difference of each feature (Cohen, Statistical Power Analysis for the Behavioral Sciences, 2nd
 * edition, 1988, chapter 2), and of these the root mean square over features. A difference is that
 * of the rows' mean from the mean which training rows of the same classes have, in standard
 * deviations within a class, pooled over both sets; so other shares of the classes are no drift.
 * Features that vary within no class are left out, and what moves two classes in opposite
 * directions cancels.
 *
 * @param distance the root mean square of the differences; 0 is none, and 1 is a standard deviation
 * @param chance what it comes to for rows that are drawn from where the training rows are, as the
 *     root of the mean square over many such sets: the standard error of a difference
 * @param rows how many were compared: those of classes that have training rows
 */
public record FeatureDrift(double distance, double chance, long rows) {

  /**
   * How many times what chance gives counts as drift. Features vary together, so that sets of one
   * origin scatter; parts of a validation set stayed within 1.5 times.
   */
  private static final double BEYOND = 2;

  /** Whether the distance is more than chance gives. */
  public boolean beyondChance() {
    return distance > BEYOND * chance;
  }

  /**
   * The drift of a set from training.
   *
   * @param set statistics of the same classes and features
   * @return empty where there is nothing to measure with: no row of a class that has training rows,
   *     or no two rows of one class, or no feature that varies within a class
   * @throws IllegalArgumentException if the two differ in classes or features
   */
  public static Optional<FeatureDrift> between(FeatureStatistics training, FeatureStatistics set) {
    int classes = training.counts().length;
    int features = training.variances().length;
    if (set.counts().length != classes || set.variances().length != features) {
      throw new IllegalArgumentException(
          "statistics of %d classes and %d features, expected %d and %d"
              .formatted(set.counts().length, set.variances().length, classes, features));
    }
    double[] difference = new double[features];
    double trainingError = 0;
    long rows = 0;
    for (int label = 0; label < classes; label++) {
      long count = set.counts()[label];
      if (count > 0 && training.counts()[label] > 0) {
        rows += count;
        trainingError += (double) count * count / training.counts()[label];
        for (int i = 0; i < features; i++) {
          difference[i] += count * ((double) set.means()[label][i] - training.means()[label][i]);
        }
      }
    }
    double trainingDegrees = training.degreesOfFreedom();
    double setDegrees = set.degreesOfFreedom();
    double sum = 0;
    int varying = 0;
    for (int i = 0; i < features; i++) {
      double squares = trainingDegrees * training.variances()[i] + setDegrees * set.variances()[i];
      if (squares > 0) {
        double mean = difference[i] / rows;
        sum += mean * mean / (squares / (trainingDegrees + setDegrees));
        varying++;
      }
    }
    if (rows == 0 || varying == 0) {
      return Optional.empty();
    }
    double chance = Math.sqrt(1.0 / rows + trainingError / ((double) rows * rows));
    return Optional.of(new FeatureDrift(Math.sqrt(sum / varying), chance, rows));
  }
}
