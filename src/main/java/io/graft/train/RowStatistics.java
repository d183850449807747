package io.graft.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.graft.data.splits.SeededOrder;
import io.graft.eval.FeatureStatistics;
import io.graft.features.FeatureStore;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;

/** Computes statistics of stored rows per channel. Averages each row over its other axes first. */
public final class RowStatistics {

  /**
   * The most rows to read; larger stores are sampled, because reading all rows would take as long
   * as an epoch. With this many rows, the standard error of a mean is a hundredth of a standard
   * deviation.
   */
  private static final int MOST_ROWS = 10_000;

  private static final long SEED = 0;
  private static final int BATCH_SIZE = 32;

  private RowStatistics() {}

  /**
   * Returns the statistics of a store.
   *
   * @param byClass whether to compute statistics per class; otherwise all rows form one group,
   *     which multi-label rows need
   * @param manager a manager of the device to compute on
   */
  public static FeatureStatistics of(FeatureStore store, boolean byClass, NDManager manager) {
    IntUnaryOperator label = byClass ? store::label : row -> 0;
    int classes = byClass ? store.labelSets().classes() : 1;
    int[] order =
        Arrays.copyOf(
            SeededOrder.permutation(store.rows(), SEED), Math.min(store.rows(), MOST_ROWS));
    Arrays.sort(order); // The store is read forward.
    RowBatches batches = new RowBatches(store, BATCH_SIZE);
    batches.begin(order, 0, BATCH_SIZE, 0);
    int channels = Math.toIntExact(store.rowShape().get(0));
    FeatureStatistics.Collector collector = new FeatureStatistics.Collector(classes, channels);
    for (int from = 0; from < order.length; from += BATCH_SIZE) {
      int to = Math.min(order.length, from + BATCH_SIZE);
      try (NDManager scratch = manager.newSubManager()) {
        NDArray means =
            batches
                .features(scratch, order, from, to)
                .toType(DataType.FLOAT32, false)
                .reshape(new Shape(to - from, channels, -1))
                .mean(new int[] {2});
        int[] labels = Arrays.stream(order, from, to).map(label).toArray();
        collector.add(means.toFloatArray(), labels);
      }
    }
    return collector.collected();
  }
}
