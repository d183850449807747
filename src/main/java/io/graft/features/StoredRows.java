package io.graft.features;

import io.graft.backbone.FeatureRows;
import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorType;

/** Checks features before they are stored. */
public final class StoredRows {

  /** The largest finite float16. */
  private static final float FLOAT16_MAX = 65504f;

  private StoredRows() {}

  /**
   * Checks that the element type can represent every feature.
   *
   * @param type the element type, float16 or float32
   * @return the given features
   * @throws WeightsException if a feature is not finite or is too large for the type
   */
  public static FeatureRows checked(FeatureRows features, TensorType type) {
    float limit = type == TensorType.F16 ? FLOAT16_MAX : Float.MAX_VALUE;
    if (!(features.largest() <= limit)) {
      throw new WeightsException(
          ("The frozen layers computed a feature of %s, and %s can represent at most %s. The weights"
                  + " are damaged or belong to another preprocessing. Name other weights.")
              .formatted(features.largest(), type, limit),
          "weights");
    }
    return features;
  }
}
