package io.graft.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.Gson;
import io.graft.testing.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares metrics with scikit-learn's. make_evaluation.py writes the fixture. */
class EvaluationTest {

  /** The fixture's keys. null is scikit-learn's nan. */
  @SuppressWarnings("ArrayRecordComponent")
  record Case(
      String name,
      float[][] logits,
      int[] labels,
      double[] top_k,
      double[] probabilities_of_row_0,
      int[][] confusion,
      Double[] precision,
      Double[] recall,
      Double[] f1,
      double[] support,
      Double[] macro,
      Double[] weighted,
      Probabilistic plain,
      Probabilistic at_2_5,
      Double temperature,
      double[] interval) {

    @Override
    public String toString() {
      return name;
    }
  }

  /** Metrics of probabilities at one temperature. A bin holds rows, confidence and top-1. */
  @SuppressWarnings("ArrayRecordComponent")
  record Probabilistic(double loss, double brier, double calibration_error, Double[][] bins) {}

  static Stream<Case> cases() throws IOException {
    return Stream.of(
        new Gson().fromJson(Files.readString(Fixtures.path("evaluation.json")), Case[].class));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void metricsOfPredictionsEqualScikitLearns(Case expected) {
    SingleLabelEvaluation evaluation =
        SingleLabelEvaluation.ofLogits(expected.logits(), expected.labels(), Outputs.SOFTMAX);
    int classes = expected.confusion().length;
    assertThat(evaluation.rows()).isEqualTo(expected.labels().length);
    assertThat(evaluation.confusion()).isDeepEqualTo(expected.confusion());
    assertThat(evaluation.top1()).isCloseTo(expected.top_k()[0], within(1e-12));
    for (int k = 1; k <= classes; k++) {
      assertThat(evaluation.topK(k))
          .as("top-" + k)
          .isCloseTo(expected.top_k()[k - 1], within(1e-12));
    }
    List<ClassCounts> perClass = evaluation.perClass();
    assertThat(perClass).hasSize(classes);
    for (int c = 0; c < classes; c++) {
      same(perClass.get(c).precision(), expected.precision()[c]);
      same(perClass.get(c).recall(), expected.recall()[c]);
      same(perClass.get(c).f1(), expected.f1()[c]);
      assertThat((double) perClass.get(c).support()).isEqualTo(expected.support()[c]);
    }
    same(evaluation.macro(), expected.macro());
    same(evaluation.weighted(), expected.weighted());
    assertThat(Outputs.SOFTMAX.probabilities(expected.logits()[0], 1))
        .containsExactly(expected.probabilities_of_row_0(), within(1e-12));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void metricsOfProbabilitiesEqualTheReference(Case expected) {
    same(
        SingleLabelEvaluation.ofLogits(expected.logits(), expected.labels(), Outputs.SOFTMAX),
        expected.plain());
    same(
        SingleLabelEvaluation.ofLogits(expected.logits(), expected.labels(), Outputs.SOFTMAX, 2.5),
        expected.at_2_5());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void fittedTemperatureEqualsSciPys(Case expected) {
    OptionalDouble fitted = Temperature.fit(expected.logits(), expected.labels());
    if (expected.temperature() == null) {
      assertThat(fitted).isEmpty();
    } else {
      assertThat(fitted.getAsDouble() / expected.temperature()).isCloseTo(1, within(1e-9));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void intervalOfTop1EqualsTheBinomialInterval(Case expected) {
    SingleLabelEvaluation evaluation =
        SingleLabelEvaluation.ofLogits(expected.logits(), expected.labels(), Outputs.SOFTMAX);
    SingleLabelEvaluation.Interval interval = evaluation.top1Interval(1);
    // With 2,000 resamples, the quantile of a count is accurate to one row.
    double oneRow = 1.0 / evaluation.rows() + 1e-12;
    assertThat(interval.low()).isCloseTo(expected.interval()[0], within(oneRow));
    assertThat(interval.high()).isCloseTo(expected.interval()[1], within(oneRow));
    assertThat(evaluation.top1Interval(1)).isEqualTo(interval);
  }

  static void same(SingleLabelEvaluation actual, Probabilistic expected) {
    assertThat(actual.loss()).isCloseTo(expected.loss(), within(1e-9));
    assertThat(actual.brier()).isCloseTo(expected.brier(), within(1e-12));
    assertThat(actual.reliability().expectedCalibrationError())
        .isCloseTo(expected.calibration_error(), within(1e-12));
    for (int i = 0; i < expected.bins().length; i++) {
      Reliability.Bin bin = actual.reliability().bins().get(i);
      assertThat((double) bin.rows()).isEqualTo(expected.bins()[i][0]);
      same(bin.confidence(), expected.bins()[i][1]);
      same(bin.top1(), expected.bins()[i][2]);
    }
  }

  static void same(ClassAverage actual, Double[] expected) {
    same(actual.precision(), expected[0]);
    same(actual.recall(), expected[1]);
    same(actual.f1(), expected[2]);
  }

  static void same(double actual, Double expected) {
    if (expected == null) {
      assertThat(actual).isNaN();
    } else {
      assertThat(actual).isCloseTo(expected, within(1e-12));
    }
  }

  @Test
  void worstPairIsTheFirstOfTheMostFrequentConfusions() {
    float[][] logits = {{1, 0, 0}, {0, 1, 0}, {0, 1, 0}, {0, 0, 1}, {0, 0, 1}};
    assertThat(
            SingleLabelEvaluation.ofLogits(logits, new int[] {0, 0, 0, 1, 1}, Outputs.SOFTMAX)
                .worstPair())
        .contains(new SingleLabelEvaluation.Confused(0, 1, 2));
    assertThat(
            SingleLabelEvaluation.ofLogits(logits, new int[] {0, 1, 1, 0, 0}, Outputs.SOFTMAX)
                .worstPair())
        .contains(new SingleLabelEvaluation.Confused(0, 2, 2));
    assertThat(
            SingleLabelEvaluation.ofLogits(logits, new int[] {0, 1, 1, 2, 2}, Outputs.SOFTMAX)
                .worstPair())
        .isEqualTo(Optional.empty());
  }

  @Test
  void toStringShowsTheMainMetrics() {
    float[][] logits = {{0, 1000}, {0, 1000}};
    SingleLabelEvaluation single =
        SingleLabelEvaluation.ofLogits(logits, new int[] {1, 0}, Outputs.SOFTMAX);
    assertThat(single).hasToString("SingleLabelEvaluation[top-1 0.5000, loss 500.0000, 2 rows]");
    assertThat(new SingleLabelEvaluation.Interval(0.25, 2 / 3.0)).hasToString("0.2500 to 0.6667");
    boolean[][] labels = {{false, true}, {true, true}};
    assertThat(MultiLabelEvaluation.ofLogits(logits, labels, new double[] {0.5, 0.5}))
        .hasToString("MultiLabelEvaluation[mAP 0.7500, loss 0.3466, 2 rows]");
  }

  @Test
  void tiesGoToTheLowerClass() {
    assertThat(
            SingleLabelEvaluation.ofLogits(
                    new float[][] {{0, 2, 2}}, new int[] {1}, Outputs.SOFTMAX)
                .top1())
        .isEqualTo(1);
    SingleLabelEvaluation second =
        SingleLabelEvaluation.ofLogits(new float[][] {{0, 2, 2}}, new int[] {2}, Outputs.SOFTMAX);
    assertThat(second.top1()).isZero();
    assertThat(second.topK(2)).isEqualTo(1);
    assertThat(second.topK(9)).isEqualTo(1);
    assertThat(
            SingleLabelEvaluation.ofLogits(
                    new float[][] {{0, 2, 2}}, new int[] {0}, Outputs.SOFTMAX)
                .topK(2))
        .isZero();
  }

  @Test
  void logitsBeyondTheRangeOfExpGiveFiniteProbabilities() {
    double[] probabilities =
        Outputs.SOFTMAX.probabilities(new float[] {-1e30f, 1000, 1000, -1000}, 1);
    assertThat(probabilities).containsExactly(new double[] {0, 0.5, 0.5, 0}, within(1e-12));
    assertThat(Outputs.SOFTMAX.loss(new float[] {0, 1000}, 0, 1)).isEqualTo(1000);
    assertThat(Outputs.SOFTMAX.loss(new float[] {0, 1000}, 0, 4)).isEqualTo(250);
  }

  @Test
  void equalLogitsDetermineNoTemperature() {
    assertThat(Temperature.fit(new float[][] {{3}}, new int[] {0})).isEmpty();
    assertThat(Temperature.fit(new float[][] {{1, 1}, {2, 2}}, new int[] {0, 1})).isEmpty();
  }

  @Test
  void percentilesEqualNumPys() {
    // numpy.percentile([1, 2, 4, 8, 16], [0, 2.5, 30, 97.5, 100])
    double[] sorted = {1, 2, 4, 8, 16};
    double[] expected = {1, 1.1, 2.4, 15.2, 16};
    double[] shares = {0, 0.025, 0.3, 0.975, 1};
    for (int i = 0; i < shares.length; i++) {
      assertThat(SingleLabelEvaluation.Interval.percentile(sorted, shares[i]))
          .isCloseTo(expected[i], within(1e-12));
    }
  }

  @Test
  void numbersOfRowsAndLabelsMustBeEqual() {
    assertThatThrownBy(
            () -> SingleLabelEvaluation.ofLogits(new float[0][], new int[0], Outputs.SOFTMAX))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> SingleLabelEvaluation.ofLogits(new float[1][2], new int[2], Outputs.SOFTMAX))
        .hasMessageContainingAll("1 rows", "2 labels");
    assertThatThrownBy(() -> Temperature.fit(new float[1][2], new int[2]))
        .hasMessageContainingAll("1 rows", "2 labels");
  }
}
