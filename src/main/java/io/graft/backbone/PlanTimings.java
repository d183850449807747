package io.graft.backbone;

import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The speeds of all plans that can be computed for some layers on one machine.
 *
 * @param about the machine, libtorch and layers, one line
 * @param timings fastest first, one per precision
 */
public record PlanTimings(String about, List<PlanTiming> timings) {

  /** Copies the timings in order of speed. */
  public PlanTimings {
    if (timings != null && !timings.contains(null)) {
      timings =
          timings.stream()
              .sorted(Comparator.comparingDouble(PlanTiming::imagesPerSecond).reversed())
              .toList();
    }
  }

  @Override
  public String toString() {
    return about
        + ": "
        + timings.stream().map(PlanTiming::toString).collect(Collectors.joining(", "));
  }

  /** Whether nothing is missing, in what came from a file. */
  boolean isWhole() {
    return about != null
        && timings != null
        && !timings.isEmpty()
        && timings.stream().allMatch(timing -> timing != null && timing.precision() != null);
  }
}
