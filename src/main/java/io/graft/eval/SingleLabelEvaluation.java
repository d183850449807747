package io.graft.eval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * The quality of a classifier's answers on rows that have one class each.
 *
 * @param rows the number of rows that were scored
 * @param top1 the share of rows whose label has the largest logit, in [0, 1]; in a tie, the lower
 *     class index wins
 * @param loss the mean of {@link Outputs#loss} over the rows, in nats
 * @param brier the Brier score: the mean over rows of the squared distance between the
 *     probabilities and the one-hot label, summed over classes, in [0, 2] (Brier, Verification of
 *     Forecasts Expressed in Terms of Probability, Monthly Weather Review 78(1), 1950)
 * @param confusion the number of rows of each pair; shape (true classes, predicted classes)
 * @param ranks the number of rows whose label has the largest logit, the second largest, and so on;
 *     shape (classes); in a tie, the lower class index wins
 * @param reliability the confidence of the answers compared with the share of right answers
 */
@SuppressWarnings("ArrayRecordComponent") // Evaluations are never compared.
public record SingleLabelEvaluation(
    int rows,
    double top1,
    double loss,
    double brier,
    int[][] confusion,
    int[] ranks,
    Reliability reliability)
    implements Evaluation {

  /** The number of rows of one class for which another class was predicted. */
  public record Confused(int trueClass, int predictedClass, int count) {}

  /**
   * The 95 % percentile bootstrap interval of a share. From the rows, 2,000 samples of the same
   * size are drawn with replacement. The middle 95 % of their shares lie inside (Efron and
   * Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13). If all rows are right or all
   * are wrong, the interval has no width, which says little about a small set.
   *
   * @param low the 2.5th percentile
   * @param high the 97.5th percentile
   */
  public record Interval(double low, double high) {

    private static final int RESAMPLES = 2000;

    private static Interval ofShare(int successes, int rows, long seed) {
      SplittableRandom random = new SplittableRandom(seed);
      double[] shares = new double[RESAMPLES];
      for (int i = 0; i < RESAMPLES; i++) {
        int drawn = 0;
        for (int row = 0; row < rows; row++) {
          // Only the number of drawn successes matters, not which rows they are.
          drawn += random.nextInt(rows) < successes ? 1 : 0;
        }
        shares[i] = (double) drawn / rows;
      }
      Arrays.sort(shares);
      return new Interval(percentile(shares, 0.025), percentile(shares, 0.975));
    }

    /** Interpolates linearly between the two nearest values, as NumPy's percentile does. */
    static double percentile(double[] sorted, double share) {
      double position = share * (sorted.length - 1);
      int below = (int) position;
      double above = sorted[Math.min(below + 1, sorted.length - 1)];
      return sorted[below] + (position - below) * (above - sorted[below]);
    }

    @Override
    public String toString() {
      return String.format(Locale.ROOT, "%.4f to %.4f", low, high);
    }
  }

  /** Evaluates logits without a temperature. */
  public static SingleLabelEvaluation ofLogits(float[][] logits, int[] labels, Outputs outputs) {
    return ofLogits(logits, labels, outputs, 1);
  }

  /**
   * Evaluates logits.
   *
   * @param logits the logits; float32, shape (rows, classes)
   * @param labels the true class of each row, in [0, classes)
   * @param outputs the function that turns logits into probabilities
   * @param temperature the positive divisor of the logits; 1 leaves them unchanged
   * @throws IllegalArgumentException if there is no row, or not one label per row
   */
  public static SingleLabelEvaluation ofLogits(
      float[][] logits, int[] labels, Outputs outputs, double temperature) {
    if (logits.length == 0 || logits.length != labels.length) {
      throw new IllegalArgumentException(
          logits.length + " rows of logits and " + labels.length + " labels");
    }
    int classes = logits[0].length;
    int[][] confusion = new int[classes][classes];
    int[] ranks = new int[classes];
    Reliability.Collector reliability = new Reliability.Collector();
    double loss = 0;
    double brier = 0;
    for (int row = 0; row < logits.length; row++) {
      int label = labels[row];
      int predicted = argMax(logits[row]);
      double[] probabilities = outputs.probabilities(logits[row], temperature);
      confusion[label][predicted]++;
      ranks[rank(logits[row], label)]++;
      loss += outputs.loss(logits[row], label, temperature);
      brier += squaredDistance(probabilities, label);
      reliability.add(probabilities[predicted], predicted == label);
    }
    return new SingleLabelEvaluation(
        logits.length,
        (double) ranks[0] / logits.length,
        loss / logits.length,
        brier / logits.length,
        confusion,
        ranks,
        reliability.collected());
  }

  /**
   * Returns the share of rows whose label is among the k classes with the largest logits.
   *
   * @param k the number of largest logits to consider, at least 1
   */
  public double topK(int k) {
    return (double) Arrays.stream(ranks).limit(k).sum() / rows;
  }

  /**
   * Returns the chance level: the top-1 of a classifier that always names the most frequent class
   * of these rows.
   */
  public double chance() {
    return (double) perClass().stream().mapToInt(ClassCounts::support).max().orElse(0) / rows;
  }

  /** Returns the bootstrap interval of top-1. The same seed always gives the same interval. */
  public Interval top1Interval(long seed) {
    return Interval.ofShare(ranks[0], rows, seed);
  }

  @Override
  public List<ClassCounts> perClass() {
    List<ClassCounts> counts = new ArrayList<>();
    for (int label = 0; label < confusion.length; label++) {
      int support = 0;
      int predicted = 0;
      for (int other = 0; other < confusion.length; other++) {
        support += confusion[label][other];
        predicted += confusion[other][label];
      }
      int right = confusion[label][label];
      counts.add(new ClassCounts(right, predicted - right, support - right));
    }
    return counts;
  }

  /** Returns the mean over classes, each weighted by its number of rows. */
  public ClassAverage weighted() {
    return ClassAverage.mean(perClass(), ClassCounts::support);
  }

  /** Returns the pair of classes that was confused most often. In a tie, the first pair wins. */
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

  /** Returns the index of the largest logit, or the first such index in a tie. */
  static int argMax(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      if (logits[i] > logits[best]) {
        best = i;
      }
    }
    return best;
  }

  /** Counts the classes before a label, sorted by falling logits. Equal logits sort by index. */
  private static int rank(float[] logits, int label) {
    int before = 0;
    for (int i = 0; i < logits.length; i++) {
      if (logits[i] > logits[label] || (i < label && logits[i] == logits[label])) {
        before++;
      }
    }
    return before;
  }

  private static double squaredDistance(double[] probabilities, int label) {
    double sum = 0;
    for (int i = 0; i < probabilities.length; i++) {
      double difference = probabilities[i] - (i == label ? 1 : 0);
      sum += difference * difference;
    }
    return sum;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT, "SingleLabelEvaluation[top-1 %.4f, loss %.4f, %d rows]", top1, loss, rows);
  }
}
