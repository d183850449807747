package io.graft.cli.report;

import java.util.Locale;

/** The speed of something that is counted up again and again, each time from near nothing. */
final class Speed {

  private long first;
  private long firstAt;
  private long last;

  /**
   * The speed behind the first count, which waits for what the others find ready; empty before
   * there is a second.
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
