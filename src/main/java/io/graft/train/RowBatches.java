package io.graft.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.graft.features.FeatureStore;
import io.graft.weights.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Gathers rows of a feature store into batches on a device: through two reused buffers, of which
 * one is filled ahead while the other's batch is computed with, or from a copy on the device, which
 * holds the same numbers.
 */
final class RowBatches implements AutoCloseable {

  private final FeatureStore store;
  private final Optional<ResidentRows> resident;
  private final ExecutorService reader = Executors.newSingleThreadExecutor(RowBatches::newThread);
  private ByteBuffer current;
  private ByteBuffer spare;
  private Ahead ahead = new Ahead(new int[0], 0, 0, CompletableFuture.completedFuture(null));

  /** The batch whose rows are in {@code spare} once {@code read} is done. */
  private record Ahead(
      @SuppressWarnings("ArrayRecordComponent") int[] order,
      int from,
      int to,
      CompletableFuture<Void> read) {}

  /** Batches of rows that are read from the store each time. */
  RowBatches(FeatureStore store, int largestBatch) {
    this(store, largestBatch, Optional.empty());
  }

  /**
   * Batches of rows that are used again and again: they stay on a GPU that has room for them.
   *
   * @param owner owns the copy on its device
   */
  static RowBatches reused(FeatureStore store, int largestBatch, NDManager owner) {
    return new RowBatches(store, largestBatch, ResidentRows.where(store, owner));
  }

  RowBatches(FeatureStore store, int largestBatch, Optional<ResidentRows> resident) {
    this.store = store;
    this.resident = resident;
    this.current = buffer(largestBatch);
    this.spare = buffer(largestBatch);
  }

  private ByteBuffer buffer(int rows) {
    return ByteBuffer.allocateDirect(Math.multiplyExact(store.rowBytes(), rows))
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The type of a store's rows. */
  static DataType type(FeatureStore store) {
    return store.type() == TensorType.F16 ? DataType.FLOAT16 : DataType.FLOAT32;
  }

  /** How many rows there are. */
  int rows() {
    return store.rows();
  }

  /**
   * The rows {@code order[from]} to {@code order[to - 1]}. Batches come fastest one behind the
   * other out of one array.
   *
   * @return float16 or float32 as stored, (to - from, ...); its content lasts until the next call
   */
  NDArray features(NDManager manager, int[] order, int from, int to) {
    if (resident.isEmpty()) {
      return read(manager, order, from, to);
    }
    ResidentRows rows = resident.get();
    long[] wanted = new long[to - from];
    for (int i = from; i < to; i++) {
      wanted[i - from] = order[i];
    }
    return rows.holds(wanted)
        ? rows.gather(manager, wanted)
        : rows.keep(wanted, read(manager, order, from, to));
  }

  private NDArray read(NDManager manager, int[] order, int from, int to) {
    boolean expected = ahead.order == order && ahead.from == from && ahead.to == to;
    await(ahead.read);
    if (!expected) {
      fill(spare, order, from, to);
    }
    ByteBuffer filled = spare;
    spare = current;
    current = filled;
    readAhead(order, to, Math.min(order.length, to + (to - from)));
    return manager.create(current, new Shape(to - from).addAll(store.rowShape()), type(store));
  }

  private void readAhead(int[] order, int from, int to) {
    ByteBuffer destination = spare;
    ahead =
        new Ahead(
            order,
            from,
            to,
            CompletableFuture.runAsync(() -> fill(destination, order, from, to), reader));
  }

  private void fill(ByteBuffer destination, int[] order, int from, int to) {
    destination.clear();
    for (int i = from; i < to; i++) {
      store.read(order[i], destination);
    }
    destination.flip();
  }

  private static void await(CompletableFuture<Void> read) {
    try {
      read.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw e;
    }
  }

  /** The labels of the same rows, int64 (to - from). */
  NDArray labels(NDManager manager, int[] order, int from, int to) {
    long[] labels = new long[to - from];
    for (int i = from; i < to; i++) {
      labels[i - from] = store.label(order[i]);
    }
    return manager.create(labels);
  }

  /** Waits for what is read ahead, so that the store may be closed then. */
  @Override
  public void close() {
    reader.shutdown();
    ahead.read.handle((done, failure) -> null).join();
  }

  private static Thread newThread(Runnable task) {
    Thread thread = new Thread(task, "graft-row-reader");
    thread.setDaemon(true);
    return thread;
  }
}
