package io.graft.eval;

/**
 * The right and wrong predictions of one class. A ratio with a divisor of zero is NaN, as with
 * scikit-learn's {@code zero_division=nan}.
 *
 * @param truePositives rows of the class for which it was predicted
 * @param falsePositives rows of other classes for which it was predicted
 * @param falseNegatives rows of the class for which it was not predicted
 */
public record ClassCounts(int truePositives, int falsePositives, int falseNegatives) {

  /** Returns the number of rows of the class. */
  public int support() {
    return truePositives + falseNegatives;
  }

  /** Returns the share of right predictions of the class; NaN if it was never predicted. */
  public double precision() {
    return ratio(truePositives, truePositives + falsePositives);
  }

  /** Returns the share of the class's rows that were predicted; NaN if it has no row. */
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
