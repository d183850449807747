package io.graft.eval;

import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * The rows of a set in the order of falling logits of one class, with whether each has the class.
 * Rows of equal score are always taken together.
 */
final class RankedScores {

  private final float[] scores;
  private final boolean[] labels;
  private final int positives;

  /**
   * Sorts rows.
   *
   * @param logits (rows, classes), finite
   * @param targets (rows, classes), whether the row has the class
   * @param label the class
   */
  RankedScores(float[][] logits, boolean[][] targets, int label) {
    int[] order =
        IntStream.range(0, logits.length)
            .boxed()
            .sorted(Comparator.comparingDouble(row -> -logits[row][label]))
            .mapToInt(Integer::intValue)
            .toArray();
    scores = new float[order.length];
    labels = new boolean[order.length];
    int count = 0;
    for (int i = 0; i < order.length; i++) {
      scores[i] = logits[order[i]][label];
      labels[i] = targets[order[i]][label];
      count += labels[i] ? 1 : 0;
    }
    positives = count;
  }

  /** Returns the number of rows that have the class. */
  int positives() {
    return positives;
  }

  /**
   * Returns the average precision without interpolation, as scikit-learn's average_precision_score:
   * the sum over distinct scores of the added recall times the precision. NaN without positives.
   */
  double averagePrecision() {
    if (positives == 0) {
      return Double.NaN;
    }
    double sum = 0;
    int found = 0;
    int foundBefore = 0;
    for (int i = 0; i < scores.length; i++) {
      found += labels[i] ? 1 : 0;
      if (lastOfEquals(i)) {
        sum += (double) (found - foundBefore) / positives * found / (i + 1);
        foundBefore = found;
      }
    }
    return sum;
  }

  /** Returns the smallest score that predicts the class when F1 is largest. */
  float thresholdOfBestF1() {
    float threshold = Float.POSITIVE_INFINITY;
    double best = -1;
    int found = 0;
    for (int i = 0; i < scores.length; i++) {
      found += labels[i] ? 1 : 0;
      double f1 = 2.0 * found / (i + 1 + positives);
      if (lastOfEquals(i) && f1 > best) {
        best = f1;
        threshold = scores[i];
      }
    }
    return threshold;
  }

  private boolean lastOfEquals(int i) {
    return i + 1 == scores.length || scores[i + 1] != scores[i];
  }
}
