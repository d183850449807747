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
 * @param about the machine, libtorch and layers, in one line
 * @param threads the fastest number of libtorch's threads within one operator; 0 on a GPU
 * @param timings the speeds, one per precision, in the order of {@link Plan#precisions}
 */
public record PlanTimings(String about, int threads, List<Timing> timings) {

  /** A precision comes before one that is offered earlier only if it is this many times as fast. */
  private static final double CLEARLY = 1.25;

  /**
   * The speed of one precision on a GPU, or on one thread of a CPU.
   *
   * @param imagesPerSecond how many images per second the frozen layers turn from pixels into
   *     features, without decoding
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
   * Returns the precisions, the fastest first. Precisions of about equal speed stay in the order in
   * which they are offered, so that the order does not depend on chance.
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

  /** Returns whether no part is missing. A damaged file may lack some. */
  boolean isWhole() {
    return about != null
        && timings != null
        && !timings.isEmpty()
        && timings.stream().allMatch(timing -> timing != null && timing.precision() != null);
  }
}
