package io.graft.backbone;

import io.graft.nn.Precision;
import java.util.Locale;

/**
 * The speed of the frozen layers in one precision, measured on this machine: of a GPU, or of one
 * thread of a processor.
 *
 * @param precision the arithmetic
 * @param imagesPerSecond of the network alone, pixels in, features out
 */
public record PlanTiming(Precision precision, double imagesPerSecond) {

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%s %.1f images/s", precision.word(), imagesPerSecond);
  }
}
