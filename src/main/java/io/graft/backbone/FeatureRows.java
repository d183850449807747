package io.graft.backbone;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.graft.tensors.TensorType;
import java.nio.ByteBuffer;

/**
 * The features of some images, in host memory.
 *
 * @param values the features as (rows, ...) in NCHW order, float16 or float32, in native byte
 *     order. The buffer is direct and valid until the manager that owns it is closed.
 * @param largest the largest magnitude, rounded to the type of the values: infinite if it is too
 *     large for that type, and NaN if any value is NaN
 */
public record FeatureRows(ByteBuffer values, float largest) {

  /** Receives the features of a batch or of a part of one, on a worker's thread. */
  @FunctionalInterface
  public interface Taker {
    /**
     * Receives consecutive rows.
     *
     * @param first the index of the first row within the batch
     * @param count the number of rows
     * @param rows the features; valid until this method returns
     */
    void take(int first, int count, FeatureRows rows);
  }

  /** Copies float32 features to host memory; the features' manager owns the copy. */
  static FeatureRows copy(NDArray features, TensorType type) {
    NDArray flat = features.flatten();
    NDArray packed = flat.concat(flat.abs().max().reshape(1));
    DataType kept = type == TensorType.F16 ? DataType.FLOAT16 : DataType.FLOAT32;
    return unpack(packed.toType(kept, false).toDevice(Device.cpu(), false));
  }

  /** Splits a CPU array, which has all values and then their largest magnitude. */
  static FeatureRows unpack(NDArray packed) {
    ByteBuffer bytes = packed.toByteBuffer(true);
    int elementBytes = packed.getDataType().getNumOfBytes();
    float largest = packed.get(packed.size() - 1).toType(DataType.FLOAT32, false).getFloat();
    return new FeatureRows(bytes.slice(0, bytes.limit() - elementBytes), largest);
  }
}
