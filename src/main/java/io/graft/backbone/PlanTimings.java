package io.graft.backbone;

import io.graft.nn.Precision;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The speeds of the precisions in which one machine can compute some layers.
 *
 * @param about the machine, libtorch and layers, one line
 * @param threads the fastest number of libtorch's threads within one operator; 0 on a GPU
 * @param timings one per precision, in the order of {@link Plan#precisions}
 */
public record PlanTimings(String about, int threads, List<Timing> timings) {

  /** How much faster a precision must be than one that is offered before it, to come first. */
  private static final double CLEARLY = 1.25;

  /**
   * The speed of one precision: of a GPU, or of one thread of a CPU.
   *
   * @param imagesPerSecond of the frozen layers alone, from pixels to features
   */
  record Timing(Precision precision, double imagesPerSecond) {

    @Override
    public String toString() {
      return String.format(Locale.ROOT, "%s %.1f images/s", precision.word(), imagesPerSecond);
    }
  }

  /** Returns a copy with another number of threads. */
  PlanTimings withThreads(int other) {
    return new PlanTimings(about, other, timings);
  }

  /**
   * Returns the precisions, the fastest first. Of two that are about as fast, the one that is
   * offered first comes first, so that the order does not depend on chance.
   */
  List<Precision> fastestFirst() {
    List<Timing> left = new ArrayList<>(timings);
    List<Precision> order = new ArrayList<>();
    while (!left.isEmpty()) {
      Timing best = left.get(0);
      for (Timing other : left) {
        if (other.imagesPerSecond() > CLEARLY * best.imagesPerSecond()) {
          best = other;
        }
      }
      left.remove(best);
      order.add(best.precision());
    }
    return order;
  }

  @Override
  public String toString() {
    String speeds =
        timings.stream()
            .sorted(Comparator.comparingDouble(Timing::imagesPerSecond).reversed())
            .map(Timing::toString)
            .collect(Collectors.joining(", "));
    return about + ": " + speeds + (threads > 0 ? ", on one of " + threads + " threads" : "");
  }

  /** Whether nothing is missing after reading a file. */
  boolean isWhole() {
    return about != null
        && timings != null
        && !timings.isEmpty()
        && timings.stream().allMatch(timing -> timing != null && timing.precision() != null);
  }
}
