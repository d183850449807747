package io.graft.eval;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * The precision, recall and F1 of all classes together. A mean leaves out classes whose value is
 * NaN, as with scikit-learn's {@code zero_division=nan}, and is NaN if no class is left. If all
 * weights are zero, every class has the same weight.
 */
public record ClassAverage(double precision, double recall, double f1) {

  /** Returns precision, recall and F1 over the decisions of all classes together. */
  static ClassAverage micro(List<ClassCounts> classes) {
    ClassCounts all =
        new ClassCounts(
            classes.stream().mapToInt(ClassCounts::truePositives).sum(),
            classes.stream().mapToInt(ClassCounts::falsePositives).sum(),
            classes.stream().mapToInt(ClassCounts::falseNegatives).sum());
    return new ClassAverage(all.precision(), all.recall(), all.f1());
  }

  /** Returns the weighted mean over classes. */
  static ClassAverage mean(List<ClassCounts> classes, ToDoubleFunction<ClassCounts> weight) {
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
      double ofClass = value.applyAsDouble(one);
      if (!Double.isNaN(ofClass)) {
        sum += ofClass;
        weightedSum += weight.applyAsDouble(one) * ofClass;
        weights += weight.applyAsDouble(one);
        defined++;
      }
    }
    return weights > 0 ? weightedSum / weights : sum / defined;
  }
}
