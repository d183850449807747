package io.graft.eval;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** How the logits of a classifier become its answer. */
public sealed interface Decision {

  /** Returns what logits are divided by, positive; 1 unless fitted. */
  double temperature();

  /**
   * Returns the probability of each class, in [0, 1].
   *
   * @param logits one finite number per class
   */
  double[] probabilities(float[] logits);

  /**
   * Returns the classes that an answer names, the most probable first.
   *
   * @param probabilities one per class
   */
  List<Integer> named(double[] probabilities);

  /**
   * Evaluates answers.
   *
   * @param logits float32 (rows, classes)
   * @param labels the label of each row, an index into {@code targets}
   * @param targets (labels, classes), whether rows with the label have the class
   * @throws IllegalArgumentException if there is no row, or the shapes do not agree
   */
  Evaluation evaluate(float[][] logits, int[] labels, boolean[][] targets);

  /** Returns the decision of a classifier that was just trained, before anything is fitted. */
  static Decision of(Outputs outputs, boolean multiLabel, int classes) {
    return multiLabel
        ? AtThresholds.of(MultiLabelEvaluation.defaultThresholds(classes))
        : new MostProbable(outputs, MostProbable.UNCALIBRATED);
  }

  /**
   * Answers with the most probable class.
   *
   * @param outputs how logits become probabilities
   * @param temperature what logits are divided by before the softmax, positive; 1 unless fitted
   */
  record MostProbable(Outputs outputs, double temperature) implements Decision {

    /** The temperature of a classifier for which none was fitted. */
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
   * @param thresholds one per class, in [0, 1]
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

    static AtThresholds of(double[] thresholds) {
      return new AtThresholds(Arrays.stream(thresholds).boxed().toList());
    }

    /**
     * Returns a decision with the thresholds of the largest F1 on rows that were not trained on.
     */
    public static AtThresholds fit(float[][] logits, int[] labels, boolean[][] targets) {
      return of(MultiLabelEvaluation.bestThresholds(logits, byRow(labels, targets)));
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

  /** Returns the classes, the most probable first; of equals the lower index. */
  private static List<Integer> byProbability(double[] probabilities) {
    return IntStream.range(0, probabilities.length)
        .boxed()
        .sorted(Comparator.comparingDouble(label -> -probabilities[label]))
        .toList();
  }
}
