package io.graft.cli.report;

import static io.graft.cli.report.ReportFormat.format;

/** The speed of a count that increases up to a total, once or several times. */
final class Pace {

  private long first;
  private long firstAt;
  private long done;
  private long total;
  private long at;

  /**
   * Takes a new count. The first count of a rise starts the clock, because the time before it
   * includes start-up.
   *
   * @param nanoTime the time of the count
   */
  void advance(long newDone, long newTotal, long nanoTime) {
    if (done == total || newDone < done) {
      first = newDone;
      firstAt = nanoTime;
    }
    done = newDone;
    total = newTotal;
    at = nanoTime;
  }

  /** Returns the speed per second; NaN if there was only one count. */
  double perSecond() {
    return done == first ? Double.NaN : (done - first) / ((at - firstAt) / 1e9);
  }

  /** Returns the estimated time to the end as text, such as {@code " ETA 1:05"}, or no text. */
  String eta() {
    if (Double.isNaN(perSecond()) || done >= total) {
      return "";
    }
    long seconds = (long) Math.ceil((total - done) / perSecond());
    String minutes = format("%d:%02d", seconds / 60 % 60, seconds % 60);
    return "  ETA "
        + (seconds < 3600
            ? minutes
            : format("%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60));
  }
}
