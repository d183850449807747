package io.graft.eval;

/**
 * How often a class was found, invented and missed. Where a ratio has nothing to divide by it is
 * NaN, as with scikit-learn's {@code zero_division=nan}.
 *
 * @param truePositives rows of the class that were taken for it
 * @param falsePositives rows of other classes that were taken for it
 * @param falseNegatives rows of the class that were not taken for it
 */
public record ClassCounts(int truePositives, int falsePositives, int falseNegatives) {

  /** How many rows are of the class. */
  public int support() {
    return truePositives + falseNegatives;
  }

  /** The share of rows taken for the class that are of it; NaN if none was. */
  public double precision() {
    return ratio(truePositives, truePositives + falsePositives);
  }

  /** The share of the class's rows that were found; NaN if it has none. */
  public double recall() {
    return ratio(truePositives, support());
  }

  /**
   * The harmonic mean of precision and recall, 2 TP / (2 TP + FP + FN); NaN if the class neither
   * occurs nor was predicted.
   */
  public double f1() {
    return ratio(2.0 * truePositives, 2.0 * truePositives + falsePositives + falseNegatives);
  }

  private static double ratio(double part, double whole) {
    return whole == 0 ? Double.NaN : part / whole;
  }
}
