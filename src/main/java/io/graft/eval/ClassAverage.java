package io.graft.eval;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * One precision, recall and F1 for all classes. A class whose value is NaN is left out of the mean
 * of that value, as with scikit-learn's {@code zero_division=nan}; a mean of nothing is NaN, and
 * one of weights that are all zero counts every class alike.
 */
public record ClassAverage(double precision, double recall, double f1) {

  /** The mean over classes, every class counting alike. */
  static ClassAverage macro(List<ClassCounts> classes) {
    return mean(classes, one -> 1);
  }

  /** The mean over classes, each counting as many times as it has rows. */
  static ClassAverage weighted(List<ClassCounts> classes) {
    return mean(classes, ClassCounts::support);
  }

  /** The values of all decisions together, whatever their class. */
  static ClassAverage micro(List<ClassCounts> classes) {
    ClassCounts all =
        new ClassCounts(
            classes.stream().mapToInt(ClassCounts::truePositives).sum(),
            classes.stream().mapToInt(ClassCounts::falsePositives).sum(),
            classes.stream().mapToInt(ClassCounts::falseNegatives).sum());
    return new ClassAverage(all.precision(), all.recall(), all.f1());
  }

  private static ClassAverage mean(
      List<ClassCounts> classes, ToDoubleFunction<ClassCounts> weight) {
    return new ClassAverage(
        mean(classes, ClassCounts::precision, weight),
        mean(classes, ClassCounts::recall, weight),
        mean(classes, ClassCounts::f1, weight));
  }

  private static double mean(
      List<ClassCounts> classes,
      ToDoubleFunction<ClassCounts> value,
      ToDoubleFunction<ClassCounts> weight) {
    double sum = 0;
    double weightedSum = 0;
    double weights = 0;
    int defined = 0;
    for (ClassCounts one : classes) {
      double ofTheClass = value.applyAsDouble(one);
      if (!Double.isNaN(ofTheClass)) {
        sum += ofTheClass;
        weightedSum += weight.applyAsDouble(one) * ofTheClass;
        weights += weight.applyAsDouble(one);
        defined++;
      }
    }
    return weights > 0 ? weightedSum / weights : sum / defined;
  }
}
