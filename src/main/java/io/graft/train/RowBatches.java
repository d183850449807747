package io.graft.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import io.graft.features.FeatureStore;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;

/**
 * Gathers rows of a feature store into batches on a device. Reads them through one reused buffer,
 * or takes them from a copy of the rows on the device.
 */
final class RowBatches {

  /** The size of the buffer, enough for 1,337 rows of VGG16. Larger batches are read in parts. */
  private static final int BUFFER_BYTES = 64 << 20;

  private final FeatureStore store;
  private final int rowsAtOnce;
  private final ByteBuffer buffer;
  private final Optional<ResidentRows> resident;

  /** Creates batches that are read from the store each time. */
  RowBatches(FeatureStore store, int largestBatch) {
    this(store, largestBatch, Optional.empty());
  }

  /** Creates batches of rows that stay on a device, if {@link ResidentRows#where} found room. */
  RowBatches(FeatureStore store, int largestBatch, Optional<ResidentRows> resident) {
    this(store, largestBatch, resident, BUFFER_BYTES);
  }

  RowBatches(
      FeatureStore store, int largestBatch, Optional<ResidentRows> resident, int bufferBytes) {
    this.store = store;
    this.resident = resident;
    this.rowsAtOnce = Math.min(largestBatch, Math.max(1, bufferBytes / store.rowBytes()));
    this.buffer =
        ByteBuffer.allocateDirect(rowsAtOnce * store.rowBytes()).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Returns how many rows the store has. */
  int rows() {
    return store.rows();
  }

  /**
   * Announces the rows of the next batches. A store that computes its rows can then work ahead.
   *
   * @param order the rows of all batches
   * @param first the index in {@code order} of the first row that will be read
   * @param pass the number of the epoch, or 0
   */
  void begin(int[] order, int first, int batchSize, long pass) {
    store.ahead(Arrays.copyOfRange(order, first, order.length), batchSize, pass);
    resident.ifPresent(rows -> rows.begin(order));
  }

  /**
   * Returns the rows {@code order[from]} to {@code order[to - 1]} of the announced order.
   *
   * @return the rows in their stored type, float16 or float32, (to - from, ...); valid until the
   *     next call
   * @throws io.graft.runtime.StoppedException if the user asked to stop
   */
  NDArray features(NDManager manager, int[] order, int from, int to) {
    store.throwIfStopRequested();
    if (resident.isEmpty()) {
      return store
          .computeNext(manager, Arrays.copyOfRange(order, from, to))
          .orElseGet(() -> read(manager, order, from, to));
    }
    ResidentRows rows = resident.get();
    return rows.holds(from, to)
        ? rows.gather(manager, from, to)
        : rows.keep(from, to, read(manager, order, from, to));
  }

  private NDArray read(NDManager manager, int[] order, int from, int to) {
    if (to - from <= rowsAtOnce) {
      return readAtOnce(manager, order, from, to);
    }
    NDArray all =
        manager.create(
            new Shape(to - from).addAll(store.rowShape()), ResidentRows.elementType(store));
    for (int first = from; first < to; first += rowsAtOnce) {
      int end = Math.min(to, first + rowsAtOnce);
      try (NDArray some = readAtOnce(manager, order, first, end)) {
        all.set(new NDIndex("{}:{}", first - from, end - from), some);
      }
    }
    return all;
  }

  private NDArray readAtOnce(NDManager manager, int[] order, int from, int to) {
    buffer.clear();
    for (int i = from; i < to; i++) {
      store.read(order[i], buffer);
    }
    buffer.flip();
    return manager.create(
        buffer, new Shape(to - from).addAll(store.rowShape()), ResidentRows.elementType(store));
  }

  /** Returns the labels of the same rows, int64 (to - from). */
  NDArray labels(NDManager manager, int[] order, int from, int to) {
    if (resident.isPresent()) {
      return resident.get().labels(manager, from, to);
    }
    long[] labels = new long[to - from];
    for (int i = from; i < to; i++) {
      labels[i - from] = store.label(order[i]);
    }
    return manager.create(labels);
  }
}
