package io.graft.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.Gson;
import io.graft.testing.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Compares multi-label metrics with scikit-learn's. make_evaluation.py writes the fixture. */
class MultiLabelEvaluationTest {

  /** The fixture's keys. null where a class has no rows. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Expected(
      float[][] logits,
      boolean[][] labels,
      double loss,
      double top1,
      Double[] average_precision,
      double mean_average_precision,
      Decided at_half,
      Decided at_best) {}

  /** The scores at one threshold per class. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Decided(
      double[] thresholds, Double[] micro, Double[] macro, Double[] f1, double subset_accuracy) {}

  private static Expected expected;

  @BeforeAll
  static void read() throws IOException {
    expected =
        new Gson().fromJson(Files.readString(Fixtures.path("multi_label.json")), Expected.class);
  }

  @Test
  void metricsEqualScikitLearns() {
    for (Decided decided : new Decided[] {expected.at_half(), expected.at_best()}) {
      MultiLabelEvaluation evaluation =
          MultiLabelEvaluation.ofLogits(expected.logits(), expected.labels(), decided.thresholds());
      assertThat(evaluation.rows()).isEqualTo(80);
      assertThat(evaluation.loss()).isCloseTo(expected.loss(), within(1e-12));
      assertThat(evaluation.top1()).isCloseTo(expected.top1(), within(1e-12));
      assertThat(evaluation.subsetAccuracy())
          .isCloseTo(decided.subset_accuracy(), within(1e-12))
          .isPositive();
      EvaluationTest.same(evaluation.micro(), decided.micro());
      EvaluationTest.same(evaluation.macro(), decided.macro());
      for (int c = 0; c < 5; c++) {
        EvaluationTest.same(evaluation.perClass().get(c).f1(), decided.f1()[c]);
        EvaluationTest.same(evaluation.averagePrecision()[c], expected.average_precision()[c]);
      }
      assertThat(evaluation.meanAveragePrecision())
          .isCloseTo(expected.mean_average_precision(), within(1e-12));
    }
  }

  @Test
  void fittedThresholdsHaveTheLargestF1() {
    assertThat(MultiLabelEvaluation.bestThresholds(expected.logits(), expected.labels()))
        .containsExactly(expected.at_best().thresholds(), within(1e-12));
  }

  @Test
  void metricsOfOneRowEqualTheClosedForm() {
    MultiLabelEvaluation one =
        MultiLabelEvaluation.ofLogits(
            new float[][] {{1000, -1000, 0}},
            new boolean[][] {{true, true, false}},
            new double[] {0.5, 0.5, 0.5});
    // The loss of a very wrong logit is its distance from 0. The loss of a logit of 0 is log 2.
    assertThat(one.loss()).isCloseTo((1000 + Math.log(2)) / 3, within(1e-9));
    assertThat(one.averagePrecision()).containsExactly(1, 1, Double.NaN);
    assertThat(one.perClass().get(2)).isEqualTo(new ClassCounts(0, 1, 0));
    assertThat(one.micro().f1()).isCloseTo(0.5, within(1e-12));
    assertThat(one.top1()).isEqualTo(1);
    assertThat(one.subsetAccuracy()).isZero();
  }

  @Test
  void shapesMustAgree() {
    boolean[][] labels = {{true, false}};
    double[] thresholds = {0.5, 0.5};
    assertThatThrownBy(() -> MultiLabelEvaluation.ofLogits(new float[0][], labels, thresholds))
        .hasMessageContaining("0 rows");
    assertThatThrownBy(() -> MultiLabelEvaluation.bestThresholds(new float[1][3], labels))
        .hasMessageContaining("other classes");
    assertThatThrownBy(() -> MultiLabelEvaluation.ofLogits(new float[1][2], labels, new double[1]))
        .hasMessageContaining("1 thresholds for 2 classes");
  }
}
