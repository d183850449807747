package io.graft.features;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/** The rows of a store, which are read from files or computed. */
interface RowSource extends AutoCloseable {

  /** Reads one row into a buffer that has exactly the size of a row. */
  void read(int row, ByteBuffer destination);

  /** Announces the rows that will be read next, in order, and the size of their batches. */
  default void ahead(int[] order, int batchSize, long epoch) {}

  /**
   * Computes the next announced rows as one array on the device of the frozen layers.
   *
   * @param wanted the rows
   * @return empty if they must be read
   */
  default Optional<NDArray> computeNext(NDManager owner, int[] wanted) {
    return Optional.empty();
  }

  /** Returns whether the rows are kept. Reading a kept row computes nothing. */
  default boolean isKept() {
    return true;
  }

  @Override
  void close();

  /** The rows {@code chosen} of a store. Closing this source leaves the store open. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Subset(FeatureStore whole, int[] chosen) implements RowSource {

    @Override
    public void read(int row, ByteBuffer destination) {
      whole.read(chosen[row], destination);
    }

    @Override
    public void ahead(int[] order, int batchSize, long epoch) {
      whole.ahead(Arrays.stream(order).map(row -> chosen[row]).toArray(), batchSize, epoch);
    }

    @Override
    public Optional<NDArray> computeNext(NDManager owner, int[] wanted) {
      return whole.computeNext(owner, Arrays.stream(wanted).map(row -> chosen[row]).toArray());
    }

    @Override
    public boolean isKept() {
      return whole.isKept();
    }

    @Override
    public void close() {}
  }
}
