package io.graft.features;

import io.graft.backbone.FeatureRows;
import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorType;

/** What activations must be like to be kept as features. */
public final class StoredRows {

  /** The largest finite float16. */
  private static final float FLOAT16_MAX = 65504f;

  private StoredRows() {}

  /**
   * Checks that no activation is lost by being kept.
   *
   * @param type in which they are kept, float16 or float32
   * @return {@code features}
   * @throws WeightsException if one is not finite or too large for the type
   */
  public static FeatureRows checked(FeatureRows features, TensorType type) {
    float limit = type == TensorType.F16 ? FLOAT16_MAX : Float.MAX_VALUE;
    if (!(features.largest() <= limit)) {
      throw new WeightsException(
          "The frozen network gave an activation of "
              + features.largest()
              + ", and at most "
              + limit
              + " can be kept as "
              + type
              + ". The weights are damaged or not meant for this preprocessing; name other"
              + " weights.",
          "weights");
    }
    return features;
  }
}
