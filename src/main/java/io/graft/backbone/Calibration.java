package io.graft.backbone;

import io.graft.nn.Precision;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What is known of the reduced precisions of some weights from the images that they have seen.
 *
 * @param scales of int8, as in {@link Plan#scales}; empty if never calibrated
 * @param agreements with fp32, by precision
 */
record Calibration(List<Float> scales, Map<Precision, Agreement> agreements) {

  /** Nothing is known. */
  static final Calibration NONE = new Calibration(List.of(), Map.of());

  Calibration {
    scales = List.copyOf(scales);
    agreements = Map.copyOf(agreements);
  }

  /** The same with one precision's agreement replaced. */
  Calibration with(Precision precision, Agreement agreement) {
    Map<Precision, Agreement> all = new EnumMap<>(Precision.class);
    all.putAll(agreements);
    all.put(precision, agreement);
    return new Calibration(scales, all);
  }

  /**
   * The same with scales that reach as far as these and the given ones, so that images of two kinds
   * that take turns come to rest.
   */
  Calibration widenedBy(List<Float> others) {
    Float[] wider = others.toArray(Float[]::new);
    for (int i = 0; i < scales.size(); i++) {
      wider[i] = Math.max(wider[i], scales.get(i));
    }
    return new Calibration(List.of(wider), agreements);
  }
}
