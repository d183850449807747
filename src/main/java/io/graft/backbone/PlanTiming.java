package io.graft.backbone;

import io.graft.nn.Precision;
import java.util.Locale;

/**
 * The speed of one way of computing frozen layers, measured on this machine.
 *
 * @param precision the arithmetic
 * @param microBatch pictures per forward pass
 * @param threads of libtorch within one operator
 * @param imagesPerSecond of the network alone, pixels in, features out
 */
public record PlanTiming(Precision precision, int microBatch, int threads, double imagesPerSecond) {

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s %.1f images/s (%d at a time, %d threads)",
        precision.word(),
        imagesPerSecond,
        microBatch,
        threads);
  }
}
