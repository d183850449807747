package io.graft.features;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.graft.runtime.WeightsException;
import io.graft.weights.TensorType;

/** Activations as the feature store keeps them; the one place where they are rounded. */
public final class StoredRows {

  /** The largest finite float16. */
  private static final float FLOAT16_MAX = 65504f;

  private StoredRows() {}

  /**
   * Activations in the type in which they are kept.
   *
   * @param activations float32 (rows, ...)
   * @param type float16 or float32
   * @return the same shape; {@code activations} itself if they are kept as float32
   * @throws WeightsException if one is not finite or too large for the type
   */
  public static NDArray of(NDArray activations, TensorType type) {
    requireFinite(activations, type);
    return type == TensorType.F16 ? activations.toType(DataType.FLOAT16, false) : activations;
  }

  private static void requireFinite(NDArray activations, TensorType type) {
    float largest = activations.abs().max().getFloat();
    float limit = type == TensorType.F16 ? FLOAT16_MAX : Float.MAX_VALUE;
    if (!(largest <= limit)) {
      throw new WeightsException(
          "The frozen network gave an activation of "
              + largest
              + ", and at most "
              + limit
              + " can be kept as "
              + type
              + ". The weights are damaged or not meant for this preprocessing; name others with"
              + " --weights.");
    }
  }
}
