package io.graft.eval;

import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** The rule that turns the logits of a classifier into its answer. */
public sealed interface Decision {

  /** Returns the positive divisor of the logits, which is 1 unless it was fitted. */
  double temperature();

  /**
   * Returns the probability of each class, in [0, 1].
   *
   * @param logits the logits, one finite number per class
   */
  double[] probabilities(float[] logits);

  /**
   * Returns the classes of an answer, the most probable first.
   *
   * @param probabilities the probabilities, one per class
   */
  List<Integer> named(double[] probabilities);

  /**
   * Sorts the classes by falling logit. Equal logits are sorted by index. Probabilities give the
   * same order, except that different logits may round to one probability.
   */
  static List<Integer> ranked(float[] logits) {
    return IntStream.range(0, logits.length)
        .boxed()
        .sorted(Comparator.comparingDouble(label -> -(double) logits[label]))
        .toList();
  }

  /**
   * Evaluates answers.
   *
   * @param logits the logits; float32, shape (rows, classes)
   * @param labels the label of each row, an index of {@code targets}
   * @param targets whether rows with the label have the class; shape (labels, classes)
   * @throws IllegalArgumentException if there is no row, or the shapes do not agree
   */
  Evaluation evaluate(float[][] logits, int[] labels, boolean[][] targets);

  /** Returns the decision of a classifier without a fitted temperature or fitted thresholds. */
  static Decision of(Outputs outputs, boolean multiLabel, int classes) {
    return multiLabel
        ? new AtThresholds(Collections.nCopies(classes, MultiLabelEvaluation.DEFAULT_THRESHOLD))
        : new MostProbable(outputs, MostProbable.UNCALIBRATED);
  }

  /**
   * Answers with the most probable class.
   *
   * @param outputs the function that turns logits into probabilities
   * @param temperature the positive divisor of the logits before the softmax; 1 unless it was
   *     fitted
   */
  record MostProbable(Outputs outputs, double temperature) implements Decision {

    /** The temperature if none was fitted. */
    public static final double UNCALIBRATED = 1;

    /** Checks the temperature. */
    public MostProbable {
      if (!(temperature > 0) || Double.isInfinite(temperature)) {
        throw new IllegalArgumentException(
            "its temperature is " + temperature + ", expected a positive number");
      }
    }

    @Override
    public double[] probabilities(float[] logits) {
      return outputs.probabilities(logits, temperature);
    }

    @Override
    public List<Integer> named(double[] probabilities) {
      return byProbability(probabilities).subList(0, 1);
    }

    @Override
    public SingleLabelEvaluation evaluate(float[][] logits, int[] labels, boolean[][] targets) {
      return SingleLabelEvaluation.ofLogits(logits, labels, outputs, temperature);
    }
  }

  /**
   * Answers with every class whose probability, the sigmoid of its logit, reaches a threshold.
   *
   * @param thresholds the thresholds, one per class, in [0, 1]
   */
  record AtThresholds(List<Double> thresholds) implements Decision {

    /** Copies and checks the thresholds. */
    public AtThresholds {
      thresholds = List.copyOf(thresholds);
      for (double threshold : thresholds) {
        if (!(threshold >= 0 && threshold <= 1)) {
          throw new IllegalArgumentException(
              "one of its thresholds is " + threshold + ", expected a probability");
        }
      }
    }

    /** Fits for each class the threshold with the largest F1, on rows that were not trained on. */
    public static AtThresholds fit(float[][] logits, int[] labels, boolean[][] targets) {
      double[] best = MultiLabelEvaluation.bestThresholds(logits, byRow(labels, targets));
      return new AtThresholds(Arrays.stream(best).boxed().toList());
    }

    @Override
    public double temperature() {
      return MostProbable.UNCALIBRATED;
    }

    @Override
    public double[] probabilities(float[] logits) {
      return Outputs.SIGMOID.probabilities(logits, MostProbable.UNCALIBRATED);
    }

    @Override
    public List<Integer> named(double[] probabilities) {
      return byProbability(probabilities).stream()
          .filter(label -> probabilities[label] >= thresholds.get(label))
          .toList();
    }

    @Override
    public MultiLabelEvaluation evaluate(float[][] logits, int[] labels, boolean[][] targets) {
      return MultiLabelEvaluation.ofLogits(
          logits,
          byRow(labels, targets),
          thresholds.stream().mapToDouble(Double::doubleValue).toArray());
    }
  }

  private static boolean[][] byRow(int[] labels, boolean[][] targets) {
    return Arrays.stream(labels).mapToObj(label -> targets[label]).toArray(boolean[][]::new);
  }

  /** Sorts the classes by falling probability. Equal probabilities are sorted by index. */
  private static List<Integer> byProbability(double[] probabilities) {
    return IntStream.range(0, probabilities.length)
        .boxed()
        .sorted(Comparator.comparingDouble(label -> -probabilities[label]))
        .toList();
  }
}
