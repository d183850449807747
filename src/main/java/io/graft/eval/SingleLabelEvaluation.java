package io.graft.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How well scores agree with labels where each row has one class.
 *
 * @param rows how many rows were scored
 * @param top1 the share of rows whose largest score is the label's, in [0, 1]; ties go to the lower
 *     class index
 * @param loss the mean of {@link Outputs#loss} over the rows, in nats
 * @param brier the Brier score: the mean over rows of the squared distance between the
 *     probabilities and the one-hot label, summed over classes, in [0, 2] (Brier, Verification of
 *     Forecasts Expressed in Terms of Probability, Monthly Weather Review 78(1), 1950)
 * @param confusion how many rows of each true class (first index) were taken for each class
 * @param ranks how many rows have their label's score in first, second, ... place; ties go to the
 *     lower class index
 * @param reliability how the answers' confidence compares with how often they are right
 */
@SuppressWarnings("ArrayRecordComponent") // A matrix is an array here; nobody compares evaluations.
public record SingleLabelEvaluation(
    int rows,
    double top1,
    double loss,
    double brier,
    int[][] confusion,
    int[] ranks,
    Reliability reliability)
    implements Evaluation {

  /** Two classes, and how often one was taken for the other. */
  public record Confused(int trueClass, int predictedClass, int count) {}

  /** Evaluates logits as they are; see {@link #ofLogits(float[][], int[], Outputs, double)}. */
  public static SingleLabelEvaluation ofLogits(float[][] logits, int[] labels, Outputs outputs) {
    return ofLogits(logits, labels, outputs, 1);
  }

  /**
   * Evaluates logits.
   *
   * @param logits float32 (rows, classes)
   * @param labels the true class of each row, in [0, classes)
   * @param outputs how they become probabilities
   * @param temperature what the logits are divided by, positive; 1 leaves them as they are
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
   * The share of rows whose label is among the k classes of the largest scores, in [0, 1].
   *
   * @param k at least 1; 1 gives top-1, and as many as there are classes or more give 1
   */
  public double topK(int k) {
    int within = 0;
    for (int rank = 0; rank < Math.min(k, ranks.length); rank++) {
      within += ranks[rank];
    }
    return (double) within / rows;
  }

  /** The bootstrap interval of top-1; see {@link BootstrapInterval}. */
  public BootstrapInterval top1Interval(long seed) {
    return BootstrapInterval.ofShare(ranks[0], rows, seed);
  }

  @Override
  public List<ClassCounts> perClass() {
    List<ClassCounts> counts = new ArrayList<>();
    for (int label = 0; label < confusion.length; label++) {
      int ofTheClass = 0;
      int takenForIt = 0;
      for (int other = 0; other < confusion.length; other++) {
        ofTheClass += confusion[label][other];
        takenForIt += confusion[other][label];
      }
      int right = confusion[label][label];
      counts.add(new ClassCounts(right, takenForIt - right, ofTheClass - right));
    }
    return counts;
  }

  /** The mean over classes, each counting as many times as it has rows. */
  public ClassAverage weighted() {
    return ClassAverage.weighted(perClass());
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
  static int argMax(float[] scores) {
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      if (scores[i] > scores[best]) {
        best = i;
      }
    }
    return best;
  }

  /** How many classes go before one by score, of equals by index. */
  private static int rank(float[] scores, int label) {
    int before = 0;
    for (int i = 0; i < scores.length; i++) {
      if (scores[i] > scores[label] || (i < label && scores[i] == scores[label])) {
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
}
