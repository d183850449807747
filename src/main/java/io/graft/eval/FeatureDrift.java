package io.graft.eval;

import java.util.Optional;

/**
 * The distance between the features of some rows and those of the training rows. Each feature has a
 * standardised mean difference (Cohen, Statistical Power Analysis for the Behavioral Sciences, 2nd
 * edition, 1988, chapter 2). This is the rows' mean minus the mean of training rows of the same
 * classes. It is given in standard deviations within a class, pooled over both sets. So a set with
 * other class frequencies has no drift. A shift of two classes in opposite directions cancels.
 * Features that do not vary within a class are left out.
 *
 * @param distance the root mean square of the differences over features; 1 is one standard
 *     deviation
 * @param chance the distance to expect for rows from the same source as the training rows: the
 *     standard error of a difference
 * @param rows the number of rows that were compared: rows of classes that have training rows
 */
public record FeatureDrift(double distance, double chance, long rows) {

  /**
   * A distance counts as drift from this multiple of {@code chance}. Features vary together, so
   * even sets from one source scatter: parts of a validation set stayed within 1.5 times {@code
   * chance}.
   */
  private static final double BEYOND = 2;

  /** Returns whether the distance is too large for chance. */
  public boolean beyondChance() {
    return distance > BEYOND * chance;
  }

  /**
   * Measures the drift of a set from the training rows.
   *
   * @param set the statistics of the set, with the same classes and features
   * @return the drift; empty if it cannot be measured: no row is of a class that has training rows,
   *     no class has two rows, or no feature varies within a class
   * @throws IllegalArgumentException if the statistics differ in classes or features
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
