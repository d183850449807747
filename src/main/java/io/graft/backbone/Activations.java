package io.graft.backbone;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import java.nio.ByteBuffer;

/**
 * What frozen layers gave for some pictures, in host memory.
 *
 * @param values (rows, ...) in NCHW order, float16 or float32, native byte order; direct, and valid
 *     as long as the manager that owns it
 * @param largest the largest magnitude, rounded as the values are: infinite where it is too large
 *     for their type, NaN if there is one
 */
public record Activations(ByteBuffer values, float largest) {

  /** Values end to end on the CPU, float16 or float32, the largest magnitude behind them. */
  static Activations unpack(NDArray packed) {
    ByteBuffer bytes = packed.toByteBuffer(true);
    int elementBytes = packed.getDataType().getNumOfBytes();
    float largest = packed.get(packed.size() - 1).toType(DataType.FLOAT32, false).getFloat();
    return new Activations(bytes.slice(0, bytes.limit() - elementBytes), largest);
  }
}
