package io.graft.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.ParameterStore;
import io.graft.features.FeatureStore;
import io.graft.nn.NetworkBlock;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Applies trained layers to stored rows, in order and without training them. */
public final class RowScorer {

  /** Fixed, so that validation while training and evaluation later add the same numbers alike. */
  static final int BATCH_SIZE = 32;

  private RowScorer() {}

  /**
   * Scores every row.
   *
   * @param trained layers that take the store's rows
   * @param manager where the layers' parameters live
   * @return float32 logits (rows, classes)
   */
  public static float[][] logits(NetworkBlock trained, NDManager manager, FeatureStore store) {
    return logits(trained, manager, new RowBatches(store, BATCH_SIZE));
  }

  /** The same over batches of at least {@link #BATCH_SIZE} rows. */
  static float[][] logits(NetworkBlock trained, NDManager manager, RowBatches batches) {
    ParameterStore parameters = new ParameterStore(manager, false);
    int[] order = IntStream.range(0, batches.rows()).toArray();
    float[][] logits = new float[order.length][];
    for (int from = 0; from < order.length; from += BATCH_SIZE) {
      int to = Math.min(order.length, from + BATCH_SIZE);
      try (NDManager scratch = manager.newSubManager()) {
        NDArray rows = batches.features(scratch, order, from, to).toType(DataType.FLOAT32, false);
        float[] scores =
            trained.forward(parameters, new NDList(rows), false).singletonOrThrow().toFloatArray();
        int classes = scores.length / (to - from);
        for (int i = from; i < to; i++) {
          logits[i] = Arrays.copyOfRange(scores, (i - from) * classes, (i - from + 1) * classes);
        }
      }
    }
    return logits;
  }
}
