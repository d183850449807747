package io.graft.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.Gson;
import io.graft.testing.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Compares drift with NumPy's two-pass computation. make_drift.py writes the fixture. */
class FeatureDriftTest {

  private static final int CLASSES = 4;
  private static final int FEATURES = 6;

  @SuppressWarnings("ArrayRecordComponent")
  private record Rows(
      String name, float[][] rows, int[] labels, double distance, double chance, long compared) {

    FeatureStatistics statistics() {
      FeatureStatistics.Collector collector = new FeatureStatistics.Collector(CLASSES, FEATURES);
      for (int row = 0; row < rows.length; row++) {
        collector.add(rows[row], new int[] {labels[row]});
      }
      return collector.collected();
    }
  }

  @SuppressWarnings("ArrayRecordComponent")
  private record Expected(Rows training, Rows[] sets) {}

  private static Expected expected;

  @BeforeAll
  static void read() throws IOException {
    expected = new Gson().fromJson(Files.readString(Fixtures.path("drift.json")), Expected.class);
  }

  @Test
  void driftFromStatisticsEqualsDriftFromRows() {
    FeatureStatistics training = expected.training().statistics();
    assertThat(training.counts()).containsExactly(30, 20, 10, 0);
    assertThat(training.degreesOfFreedom()).isEqualTo(57);
    assertThat(expected.sets()).hasSize(4);
    for (Rows set : expected.sets()) {
      FeatureDrift drift = FeatureDrift.between(training, set.statistics()).orElseThrow();
      // Means near 100 are stored as float32, and the standard deviations are about 1.
      assertThat(drift.distance()).as(set.name()).isCloseTo(set.distance(), within(1e-4));
      assertThat(drift.chance()).isCloseTo(set.chance(), within(1e-12));
      assertThat(drift.rows()).isEqualTo(set.compared());
      assertThat(drift.beyondChance())
          .as(set.name())
          .isEqualTo(set.name().equals("shifted") || set.name().equals("foreign"));
    }
  }

  @Test
  void rowsFromTheSameSourceDriftByChance() {
    // The mean of distance^2 / chance^2 over many sets is 1, up to errors of the variances.
    Random random = new Random(3);
    double sum = 0;
    int sets = 200;
    for (int i = 0; i < sets; i++) {
      FeatureDrift drift =
          FeatureDrift.between(normal(random, 40, 20), normal(random, 5, 30)).orElseThrow();
      sum += Math.pow(drift.distance() / drift.chance(), 2);
    }
    // The mean over 8 features and 200 sets has a standard deviation of sqrt(2 / 1600).
    assertThat(sum / sets).isCloseTo(1, within(0.15));
  }

  private static FeatureStatistics normal(Random random, int firstClass, int secondClass) {
    FeatureStatistics.Collector collector = new FeatureStatistics.Collector(2, 8);
    for (int row = 0; row < firstClass + secondClass; row++) {
      int label = row < firstClass ? 0 : 1;
      float[] features = new float[8];
      for (int i = 0; i < features.length; i++) {
        features[i] = (float) (random.nextGaussian() * (i + 1) + 10 * label);
      }
      collector.add(features, new int[] {label});
    }
    return collector.collected();
  }

  @Test
  void incomparableRowsHaveNoDrift() {
    FeatureStatistics single = statistics(new float[] {1, 2}, 0);
    assertThat(single.degreesOfFreedom()).isZero();
    assertThat(FeatureDrift.between(single, statistics(new float[] {3, 4}, 1))).isEmpty();
    assertThat(FeatureDrift.between(single, statistics(new float[] {3, 4}, 0))).isEmpty();
    FeatureStatistics constant = statistics(new float[] {1, 2, 1, 2}, 0, 0);
    assertThat(FeatureDrift.between(constant, constant)).isEmpty();
    FeatureStatistics other = new FeatureStatistics.Collector(2, 3).collected();
    assertThatThrownBy(() -> FeatureDrift.between(single, other))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2 classes and 3 features, expected 2 and 2");
  }

  private static FeatureStatistics statistics(float[] rows, int... labels) {
    FeatureStatistics.Collector collector = new FeatureStatistics.Collector(2, 2);
    collector.add(rows, labels);
    return collector.collected();
  }
}
