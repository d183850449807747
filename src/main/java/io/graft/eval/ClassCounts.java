package io.graft.eval;

/**
 * The right and wrong predictions of one class. A ratio whose divisor is zero is NaN, like with
 * scikit-learn's {@code zero_division=nan}.
 *
 * @param truePositives the number of rows of the class for which it was predicted
 * @param falsePositives the number of rows of other classes for which it was predicted
 * @param falseNegatives the number of rows of the class for which it was not predicted
 */
public record ClassCounts(int truePositives, int falsePositives, int falseNegatives) {

  /** Returns the number of rows of the class. */
  public int support() {
    return truePositives + falseNegatives;
  }

  /** Returns the share of predictions of the class that are right; NaN if there are none. */
  public double precision() {
    return ratio(truePositives, truePositives + falsePositives);
  }

  /** Returns the share of the class's rows for which it was predicted; NaN if it has no row. */
  public double recall() {
    return ratio(truePositives, support());
  }

  /**
   * Returns the harmonic mean of precision and recall, 2 TP / (2 TP + FP + FN); NaN if the class
   * neither occurs nor was predicted.
   */
  public double f1() {
    return ratio(2.0 * truePositives, 2.0 * truePositives + falsePositives + falseNegatives);
  }

  private static double ratio(double part, double whole) {
    return whole == 0 ? Double.NaN : part / whole;
  }
}
