package io.graft.backbone;

import java.util.List;

/**
 * Scales of int8 that were computed before.
 *
 * @param rule by which, as {@link ActivationScales#rule}; null for the images that came first
 * @param scales as in {@link Plan#scales}
 */
record Calibration(String rule, List<Float> scales) {

  Calibration {
    scales = List.copyOf(scales);
  }
}
