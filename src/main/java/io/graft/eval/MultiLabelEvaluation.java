package io.graft.eval;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * The quality of a classifier's answers on rows that have any number of classes.
 *
 * @param rows the number of rows that were scored
 * @param loss the mean binary cross-entropy over rows and classes, in nats
 * @param top1 the share of rows that have the class with the largest logit, in [0, 1]; in a tie,
 *     the lower class index wins
 * @param subsetAccuracy the share of rows with the right decision for every class, in [0, 1]
 * @param perClass the counts of each class at its threshold
 * @param averagePrecision the average precision of each class, in [0, 1]; NaN for a class without
 *     rows
 */
@SuppressWarnings("ArrayRecordComponent") // Evaluations are never compared.
public record MultiLabelEvaluation(
    int rows,
    double loss,
    double top1,
    double subsetAccuracy,
    List<ClassCounts> perClass,
    double[] averagePrecision)
    implements Evaluation {

  /** The threshold on the probability of a class if none was fitted. */
  static final double DEFAULT_THRESHOLD = 0.5;

  /** Copies the counts. */
  public MultiLabelEvaluation {
    perClass = List.copyOf(perClass);
  }

  /**
   * Evaluates logits. The sigmoid of a logit is the probability that the row has the class.
   *
   * @param logits the logits; float32, shape (rows, classes)
   * @param labels whether the row has the class; shape (rows, classes)
   * @param thresholds the smallest probability that predicts each class; shape (classes)
   * @throws IllegalArgumentException if there is no row, or the shapes differ
   */
  public static MultiLabelEvaluation ofLogits(
      float[][] logits, boolean[][] labels, double[] thresholds) {
    requireShape(logits, labels);
    int classes = logits[0].length;
    if (thresholds.length != classes) {
      throw new IllegalArgumentException(
          thresholds.length + " thresholds for " + classes + " classes");
    }
    double loss = 0;
    int largestRight = 0;
    int allRight = 0;
    int[] truePositives = new int[classes];
    int[] falsePositives = new int[classes];
    int[] falseNegatives = new int[classes];
    for (int row = 0; row < logits.length; row++) {
      boolean right = true;
      for (int label = 0; label < classes; label++) {
        boolean truth = labels[row][label];
        boolean predicted = Outputs.sigmoid(logits[row][label]) >= thresholds[label];
        truePositives[label] += truth && predicted ? 1 : 0;
        falsePositives[label] += !truth && predicted ? 1 : 0;
        falseNegatives[label] += truth && !predicted ? 1 : 0;
        loss += Outputs.binaryCrossEntropy(logits[row][label], truth);
        right &= predicted == truth;
      }
      allRight += right ? 1 : 0;
      largestRight += labels[row][SingleLabelEvaluation.argMax(logits[row])] ? 1 : 0;
    }
    List<ClassCounts> counts = new ArrayList<>();
    double[] averagePrecision = new double[classes];
    for (int label = 0; label < classes; label++) {
      counts.add(
          new ClassCounts(truePositives[label], falsePositives[label], falseNegatives[label]));
      averagePrecision[label] = new RankedScores(logits, labels, label).averagePrecision();
    }
    return new MultiLabelEvaluation(
        logits.length,
        loss / ((double) logits.length * classes),
        (double) largestRight / logits.length,
        (double) allRight / logits.length,
        counts,
        averagePrecision);
  }

  /**
   * Returns the threshold of each class with the largest F1 on these rows. In a tie, the largest
   * threshold wins.
   *
   * @param logits the logits of rows that were not trained on; float32, shape (rows, classes)
   * @param labels whether the row has the class; shape (rows, classes)
   * @return the thresholds as probabilities, shape (classes); {@link #DEFAULT_THRESHOLD} for a
   *     class without rows
   * @throws IllegalArgumentException if there is no row, or the shapes differ
   */
  public static double[] bestThresholds(float[][] logits, boolean[][] labels) {
    requireShape(logits, labels);
    double[] thresholds = new double[logits[0].length];
    for (int label = 0; label < thresholds.length; label++) {
      RankedScores ranked = new RankedScores(logits, labels, label);
      thresholds[label] =
          ranked.positives == 0 ? DEFAULT_THRESHOLD : Outputs.sigmoid(ranked.thresholdOfBestF1());
    }
    return thresholds;
  }

  /** Returns the mean average precision of the classes that have rows; NaN if none has. */
  public double meanAveragePrecision() {
    double sum = 0;
    int classes = 0;
    for (double one : averagePrecision) {
      if (!Double.isNaN(one)) {
        sum += one;
        classes++;
      }
    }
    return sum / classes;
  }

  /** Returns precision, recall and F1 over the decisions of all classes together. */
  public ClassAverage micro() {
    return ClassAverage.micro(perClass);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "MultiLabelEvaluation[mAP %.4f, loss %.4f, %d rows]",
        meanAveragePrecision(),
        loss,
        rows);
  }

  private static void requireShape(float[][] logits, boolean[][] labels) {
    if (logits.length == 0
        || logits.length != labels.length
        || logits[0].length != labels[0].length) {
      throw new IllegalArgumentException(
          logits.length + " rows of logits and " + labels.length + " of labels, or other classes");
    }
  }

  /**
   * The rows of a set in the order of falling logits of one class, and whether each row has the
   * class. Rows with equal logits are always taken together.
   */
  private static final class RankedScores {

    private final float[] scores;
    private final boolean[] labels;
    private final int positives;

    /** Sorts the rows by the finite logits of the class {@code label}. */
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

    /**
     * Returns the average precision without interpolation, like scikit-learn's
     * average_precision_score. It is the sum over distinct scores of the added recall times the
     * precision. It is NaN if no row has the class.
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

    /** Returns the smallest score that predicts the class at the threshold with the largest F1. */
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
}
