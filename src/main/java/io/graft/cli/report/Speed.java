package io.graft.cli.report;

import java.util.Locale;

/** The speed of a count that increases up to a total, once or several times. */
final class Speed {

  private long first;
  private long firstAt;
  private long last;

  /**
   * Returns the speed since the first count, as text; empty for the first count itself. The time
   * before the first count includes start-up and is left out.
   */
  String at(long done, long total, long nanoTime) {
    if (last == 0 || done < last) {
      first = done;
      firstAt = nanoTime;
    }
    last = done == total ? 0 : done;
    return done == first
        ? ""
        : String.format(
            Locale.ROOT, "  %.1f images/s", (done - first) / ((nanoTime - firstAt) / 1e9));
  }
}
