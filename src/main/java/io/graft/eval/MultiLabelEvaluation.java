package io.graft.eval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How well scores agree with labels where a row may have several, or none.
 *
 * @param rows how many rows were scored
 * @param loss the mean binary cross-entropy over rows and classes, in nats
 * @param top1 the share of rows that have the class of their largest logit, in [0, 1]; ties go to
 *     the lower class index
 * @param subsetAccuracy the share of rows for which every class is decided right at its threshold,
 *     in [0, 1]
 * @param perClass what was found, invented and missed of each class at its threshold
 * @param averagePrecision of each class, in [0, 1]; NaN for a class without rows
 */
@SuppressWarnings("ArrayRecordComponent") // As in SingleLabelEvaluation.
public record MultiLabelEvaluation(
    int rows,
    double loss,
    double top1,
    double subsetAccuracy,
    List<ClassCounts> perClass,
    double[] averagePrecision)
    implements Evaluation {

  /** The threshold on a probability where none was chosen. */
  public static final double DEFAULT_THRESHOLD = 0.5;

  /** {@link #DEFAULT_THRESHOLD} for each of so many classes. */
  public static double[] defaultThresholds(int classes) {
    double[] thresholds = new double[classes];
    Arrays.fill(thresholds, DEFAULT_THRESHOLD);
    return thresholds;
  }

  /** Copies the counts. */
  public MultiLabelEvaluation {
    perClass = List.copyOf(perClass);
  }

  /**
   * Evaluates logits, whose sigmoid is the probability that a row has a class.
   *
   * @param logits float32 (rows, classes)
   * @param labels (rows, classes), whether the row has the class
   * @param thresholds (classes), the least probability that counts as having the class
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
      double[] probabilities = Sigmoid.probabilities(logits[row]);
      boolean right = true;
      for (int label = 0; label < classes; label++) {
        boolean there = labels[row][label];
        boolean taken = probabilities[label] >= thresholds[label];
        truePositives[label] += there && taken ? 1 : 0;
        falsePositives[label] += !there && taken ? 1 : 0;
        falseNegatives[label] += there && !taken ? 1 : 0;
        loss += Sigmoid.crossEntropy(logits[row][label], there);
        right &= taken == there;
      }
      allRight += right ? 1 : 0;
      largestRight += labels[row][SingleLabelEvaluation.argMax(logits[row])] ? 1 : 0;
    }
    List<ClassCounts> counts = new ArrayList<>();
    double[] averagePrecision = new double[classes];
    for (int label = 0; label < classes; label++) {
      counts.add(
          new ClassCounts(truePositives[label], falsePositives[label], falseNegatives[label]));
      averagePrecision[label] =
          new RankedScores(column(logits, label), column(labels, label)).averagePrecision();
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
   * The threshold of each class at which its F1 on these rows is largest; of equals the largest.
   *
   * @param logits float32 (rows, classes) of rows that the layers were not trained on
   * @param labels (rows, classes), whether the row has the class
   * @return (classes), probabilities; {@link #DEFAULT_THRESHOLD} for a class without rows
   * @throws IllegalArgumentException if there is no row, or the shapes differ
   */
  public static double[] bestThresholds(float[][] logits, boolean[][] labels) {
    requireShape(logits, labels);
    double[] thresholds = new double[logits[0].length];
    for (int label = 0; label < thresholds.length; label++) {
      RankedScores ranked = new RankedScores(column(logits, label), column(labels, label));
      thresholds[label] =
          ranked.positives() == 0
              ? DEFAULT_THRESHOLD
              : Sigmoid.probabilities(new float[] {ranked.thresholdOfBestF1()})[0];
    }
    return thresholds;
  }

  /** The mean average precision over the classes that have rows; NaN if none has. */
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

  /** The values of all decisions together, whatever their class. */
  public ClassAverage micro() {
    return ClassAverage.micro(perClass);
  }

  private static void requireShape(float[][] logits, boolean[][] labels) {
    if (logits.length == 0
        || logits.length != labels.length
        || logits[0].length != labels[0].length) {
      throw new IllegalArgumentException(
          logits.length + " rows of logits and " + labels.length + " of labels, or other classes");
    }
  }

  private static float[] column(float[][] matrix, int index) {
    float[] column = new float[matrix.length];
    for (int row = 0; row < matrix.length; row++) {
      column[row] = matrix[row][index];
    }
    return column;
  }

  private static boolean[] column(boolean[][] matrix, int index) {
    boolean[] column = new boolean[matrix.length];
    for (int row = 0; row < matrix.length; row++) {
      column[row] = matrix[row][index];
    }
    return column;
  }
}
