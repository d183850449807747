package io.graft.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.Gson;
import io.graft.testing.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Metrics against scikit-learn; the fixture's generator is make_evaluation.py. */
class EvaluationTest {

  /** The fixture's keys; null in precision and recall is scikit-learn's nan. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Expected(
      float[][] logits,
      int[] labels,
      double top1,
      double loss,
      double[] probabilities_of_row_0,
      int[][] confusion,
      Double[] precision,
      Double[] recall) {}

  @Test
  void everyMetricIsScikitLearns() throws IOException {
    Expected expected =
        new Gson().fromJson(Files.readString(Fixtures.path("evaluation.json")), Expected.class);
    Evaluation evaluation = Evaluation.ofLogits(expected.logits(), expected.labels());
    assertThat(evaluation.rows()).isEqualTo(60);
    assertThat(evaluation.top1()).isCloseTo(expected.top1(), within(1e-12));
    assertThat(evaluation.loss()).isCloseTo(expected.loss(), within(1e-9));
    assertThat(evaluation.confusion()).isDeepEqualTo(expected.confusion());
    for (int c = 0; c < 5; c++) {
      same(evaluation.precision(c), expected.precision()[c]);
      same(evaluation.recall(c), expected.recall()[c]);
    }
    assertThat(evaluation.precision(4)).isNaN();
    assertThat(evaluation.recall(3)).isNaN();
    assertThat(Softmax.probabilities(expected.logits()[0]))
        .containsExactly(expected.probabilities_of_row_0(), within(1e-12));
  }

  private static void same(double actual, Double expected) {
    if (expected == null) {
      assertThat(actual).isNaN();
    } else {
      assertThat(actual).isCloseTo(expected, within(1e-12));
    }
  }

  @Test
  void theWorstPairIsTheMostFrequentConfusionAndTheFirstOfEquals() {
    float[][] logits = {{1, 0, 0}, {0, 1, 0}, {0, 1, 0}, {0, 0, 1}, {0, 0, 1}};
    assertThat(Evaluation.ofLogits(logits, new int[] {0, 0, 0, 1, 1}).worstPair())
        .contains(new Evaluation.Confused(0, 1, 2));
    assertThat(Evaluation.ofLogits(logits, new int[] {0, 1, 1, 0, 0}).worstPair())
        .contains(new Evaluation.Confused(0, 2, 2));
    assertThat(Evaluation.ofLogits(logits, new int[] {0, 1, 1, 2, 2}).worstPair())
        .isEqualTo(Optional.empty());
  }

  @Test
  void tiesGoToTheLowerClass() {
    assertThat(Evaluation.ofLogits(new float[][] {{0, 2, 2}}, new int[] {1}).top1()).isEqualTo(1);
    assertThat(Evaluation.ofLogits(new float[][] {{0, 2, 2}}, new int[] {2}).top1()).isZero();
  }

  @Test
  void logitsBeyondExpsRangeGiveProbabilitiesThatSumToOne() {
    double[] probabilities = Softmax.probabilities(new float[] {-1e30f, 1000, 1000, -1000});
    assertThat(probabilities).containsExactly(new double[] {0, 0.5, 0.5, 0}, within(1e-12));
    assertThat(Softmax.crossEntropy(new float[] {0, 1000}, 0)).isEqualTo(1000);
  }

  @Test
  void rowsAndLabelsMustMatch() {
    assertThatThrownBy(() -> Evaluation.ofLogits(new float[0][], new int[0]))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Evaluation.ofLogits(new float[1][2], new int[2]))
        .hasMessageContainingAll("1 rows", "2 labels");
  }
}
