package io.graft.train;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import io.graft.data.LabelSets;
import io.graft.eval.FeatureStatistics;
import io.graft.features.FeatureStore;
import io.graft.runtime.TorchRuntime;
import io.graft.tensors.SafetensorsWriter;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Computes statistics of rows with known means and variances. */
class RowStatisticsTest {

  @TempDir Path folder;

  @BeforeAll
  static void load() {
    TorchRuntime.load();
  }

  @Test
  void meansAndVariancesFollowTheFormula() throws IOException {
    // Row r has label r % 2, and its channel c the values r + 100 c - 1, r + 100 c, r + 100 c + 1.
    int rows = 70;
    FeatureStatistics statistics = of(new long[] {2, 1, 3}, rows, (r, c, p) -> r + 100 * c + p - 1);

    assertThat(statistics.counts()).containsExactly(35, 35, 0);
    // Label 0 has the rows 0, 2, ..., 68, whose mean is 34.
    assertThat(statistics.means()[0]).containsExactly(34, 134);
    assertThat(statistics.means()[1]).containsExactly(35, 135);
    assertThat(statistics.means()[2]).containsExactly(0, 0);
    // The sum of squared deviations of n numbers with distance 2 is 4 n (n^2 - 1) / 12.
    float variance = (float) (2 * 4 * 35.0 * (35 * 35 - 1) / 12 / 68);
    assertThat(statistics.variances()).containsExactly(variance, variance);
  }

  @Test
  void oneDimensionalRowsAreNotAveraged() throws IOException {
    FeatureStatistics statistics = of(new long[] {2}, 4, (r, c, p) -> r * (c + 1));

    assertThat(statistics.counts()).containsExactly(2, 2, 0);
    assertThat(statistics.means()[0]).containsExactly(1, 2);
    assertThat(statistics.means()[1]).containsExactly(2, 4);
    assertThat(statistics.variances()).containsExactly(2, 8);
  }

  @Test
  void largeStoresAreSampledToTenThousandRows() throws IOException {
    FeatureStatistics statistics = of(new long[] {2}, 10_050, (r, c, p) -> 1);
    assertThat(LongStream.of(statistics.counts()).sum()).isEqualTo(10_000);
  }

  /** A value by row, channel and position. */
  private interface Formula {
    float at(int row, int channel, int position);
  }

  private FeatureStatistics of(long[] shape, int rows, Formula formula) throws IOException {
    int positions = 1;
    for (int axis = 1; axis < shape.length; axis++) {
      positions *= (int) shape[axis];
    }
    int channels = (int) shape[0];
    ByteBuffer features = buffer(rows * channels * positions * Float.BYTES);
    ByteBuffer labels = buffer(rows * Long.BYTES);
    for (int row = 0; row < rows; row++) {
      for (int channel = 0; channel < channels; channel++) {
        for (int position = 0; position < positions; position++) {
          features.putFloat(formula.at(row, channel, position));
        }
      }
      labels.putLong(row % 2);
    }
    List<Long> wholeShape =
        java.util.stream.LongStream.concat(
                java.util.stream.LongStream.of(rows), java.util.Arrays.stream(shape))
            .boxed()
            .toList();
    Path file = folder.resolve("rows.safetensors");
    SafetensorsWriter.write(
        file,
        Map.of(),
        Map.of(
            new TensorInfo("features", TensorType.F32, wholeShape),
            features.flip(),
            new TensorInfo("labels", TensorType.I64, List.of((long) rows)),
            labels.flip()));
    try (FeatureStore store = FeatureStore.open(file);
        NDManager manager = NDManager.newBaseManager()) {
      return RowStatistics.of(store.withLabelSets(LabelSets.singleLabel(3)), true, manager);
    }
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
