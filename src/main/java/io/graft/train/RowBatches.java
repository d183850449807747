package io.graft.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.graft.features.FeatureStore;
import io.graft.weights.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Gathers rows of a feature store into batches on a device, through one reused buffer. */
final class RowBatches {

  private final FeatureStore store;
  private final ByteBuffer buffer;

  RowBatches(FeatureStore store, int largestBatch) {
    this.store = store;
    this.buffer =
        ByteBuffer.allocateDirect(Math.multiplyExact(store.rowBytes(), largestBatch))
            .order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * The rows {@code order[from]} to {@code order[to - 1]}.
   *
   * @return float16 or float32 as stored, (to - from, ...); its content lasts until the next call
   */
  NDArray features(NDManager manager, int[] order, int from, int to) {
    buffer.clear();
    for (int i = from; i < to; i++) {
      store.read(order[i], buffer);
    }
    buffer.flip();
    DataType type = store.type() == TensorType.F16 ? DataType.FLOAT16 : DataType.FLOAT32;
    return manager.create(buffer, new Shape(to - from).addAll(store.rowShape()), type);
  }

  /** The labels of the same rows, int64 (to - from). */
  NDArray labels(NDManager manager, int[] order, int from, int to) {
    long[] labels = new long[to - from];
    for (int i = from; i < to; i++) {
      labels[i - from] = store.label(order[i]);
    }
    return manager.create(labels);
  }
}
