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
 * @param threads the number of libtorch's threads within one operator; 0 on a GPU
 * @param timings the speeds, one per precision
 */
public record PlanTimings(String about, int threads, List<Timing> timings) {

  /** A precision comes before a closer one only if it is more than this many times as fast. */
  private static final double CLEARLY = 1.05;

  /** The precisions by how closely their features agree with those of fp32. */
  private static final List<Precision> CLOSEST_FIRST =
      List.of(Precision.FP32, Precision.FP16, Precision.BF16, Precision.INT8);

  /**
   * The speed of one precision.
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

  /**
   * Returns the precisions, the fastest first. Of precisions that are about as fast, the closest to
   * fp32 comes first, so that chance decides little and no accuracy is given away for nothing.
   */
  List<Precision> fastestFirst() {
    List<Timing> left = new ArrayList<>(timings);
    List<Precision> order = new ArrayList<>();
    while (!left.isEmpty()) {
      double highest = left.stream().mapToDouble(Timing::imagesPerSecond).max().orElseThrow();
      Timing best =
          left.stream()
              .filter(timing -> timing.imagesPerSecond() * CLEARLY >= highest)
              .min(Comparator.comparingInt(timing -> CLOSEST_FIRST.indexOf(timing.precision())))
              .orElseThrow();
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
    return about + ": " + speeds + (threads > 0 ? ", on " + threads + " threads" : "");
  }

  /** Returns whether no part is missing. A damaged file may lack some. */
  boolean isWhole() {
    return about != null
        && timings != null
        && !timings.isEmpty()
        && timings.stream().allMatch(timing -> timing != null && timing.precision() != null);
  }
}
