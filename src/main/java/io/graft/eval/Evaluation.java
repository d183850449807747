package io.graft.eval;

import java.util.Optional;

/**
 * How well scores agree with labels.
 *
 * @param rows how many rows were scored
 * @param top1 the share of rows whose largest score is the label's, in [0, 1]; ties go to the lower
 *     class index
 * @param loss the mean cross-entropy in nats
 * @param confusion how many rows of each true class (first index) were taken for each class
 */
@SuppressWarnings("ArrayRecordComponent") // A matrix is an array here; nobody compares evaluations.
public record Evaluation(int rows, double top1, double loss, int[][] confusion) {

  /** Two classes, and how often one was taken for the other. */
  public record Confused(int trueClass, int predictedClass, int count) {}

  /**
   * Evaluates logits.
   *
   * @param logits float32 (rows, classes)
   * @param labels the true class of each row, in [0, classes)
   * @throws IllegalArgumentException if there is no row, or not one label per row
   */
  public static Evaluation ofLogits(float[][] logits, int[] labels) {
    if (logits.length == 0 || logits.length != labels.length) {
      throw new IllegalArgumentException(
          logits.length + " rows of logits and " + labels.length + " labels");
    }
    int classes = logits[0].length;
    int[][] confusion = new int[classes][classes];
    double loss = 0;
    int correct = 0;
    for (int row = 0; row < logits.length; row++) {
      int predicted = argMax(logits[row]);
      confusion[labels[row]][predicted]++;
      correct += predicted == labels[row] ? 1 : 0;
      loss += Softmax.crossEntropy(logits[row], labels[row]);
    }
    return new Evaluation(
        logits.length, (double) correct / logits.length, loss / logits.length, confusion);
  }

  /** The share of a class's rows that were recognised, or NaN if it has none. */
  public double recall(int trueClass) {
    int total = 0;
    for (int count : confusion[trueClass]) {
      total += count;
    }
    return total == 0 ? Double.NaN : (double) confusion[trueClass][trueClass] / total;
  }

  /** The share of rows taken for a class that are of it, or NaN if none was. */
  public double precision(int predictedClass) {
    int total = 0;
    for (int[] row : confusion) {
      total += row[predictedClass];
    }
    return total == 0 ? Double.NaN : (double) confusion[predictedClass][predictedClass] / total;
  }

  /** The pair of classes confused most often, if any was; of equals the first. */
  public Optional<Confused> worstPair() {
    Confused worst = null;
    for (int truth = 0; truth < confusion.length; truth++) {
      for (int predicted = 0; predicted < confusion.length; predicted++) {
        int count = confusion[truth][predicted];
        if (truth != predicted && count > (worst == null ? 0 : worst.count())) {
          worst = new Confused(truth, predicted, count);
        }
      }
    }
    return Optional.ofNullable(worst);
  }

  /** The index of the largest number, the first of equals. */
  private static int argMax(float[] scores) {
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      if (scores[i] > scores[best]) {
        best = i;
      }
    }
    return best;
  }
}
