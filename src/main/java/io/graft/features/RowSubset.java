package io.graft.features;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Some of other rows, which stay their owner's to close.
 *
 * @param whole where they are
 * @param chosen the place of each among those
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record RowSubset(FeatureStore.Rows whole, int[] chosen) implements FeatureStore.Rows {

  @Override
  public void read(int row, ByteBuffer destination) {
    whole.read(chosen[row], destination);
  }

  @Override
  public void ahead(int[] order, int batchSize, long pass) {
    whole.ahead(Arrays.stream(order).map(row -> chosen[row]).toArray(), batchSize, pass);
  }

  @Override
  public boolean isKept() {
    return whole.isKept();
  }

  @Override
  public void close() {}
}
