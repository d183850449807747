package io.graft.backbone;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import java.nio.ByteBuffer;

/**
 * The features of some images, in host memory.
 *
 * @param values (rows, ...) in NCHW order, float16 or float32, native byte order; direct, and valid
 *     as long as the manager that owns it
 * @param largest the largest magnitude, rounded as the values are: infinite where it is too large
 *     for their type, NaN if there is one
 */
public record FeatureRows(ByteBuffer values, float largest) {

  /** Takes the features of a batch, or of a part of it; called on a worker's thread. */
  @FunctionalInterface
  public interface Taker {
    /**
     * Takes rows.
     *
     * @param first the number of the first row within the batch
     * @param count how many
     * @param rows valid until this returns
     */
    void take(int first, int count, FeatureRows rows);
  }

  /** Splits an array on the CPU, float16 or float32: all values, then the largest magnitude. */
  static FeatureRows unpack(NDArray packed) {
    ByteBuffer bytes = packed.toByteBuffer(true);
    int elementBytes = packed.getDataType().getNumOfBytes();
    float largest = packed.get(packed.size() - 1).toType(DataType.FLOAT32, false).getFloat();
    return new FeatureRows(bytes.slice(0, bytes.limit() - elementBytes), largest);
  }
}
