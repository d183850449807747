package io.graft.cli.report;

import java.io.PrintWriter;

/**
 * The line of progress on standard error. On a terminal it replaces itself and fits the width.
 * Elsewhere each report is a new line.
 */
final class ProgressLine {

  private static final int LONGEST_BAR = 30;
  private static final int SHORTEST_BAR = 10;

  private final PrintWriter err;
  private final int columns;
  private final long nanosBetween;
  private boolean open;
  private boolean brief;
  private long shownAt = System.nanoTime();

  /**
   * Creates a line.
   *
   * @param columns the width of the terminal in characters; 0 if it is not a terminal
   */
  ProgressLine(PrintWriter err, int columns) {
    this.err = err;
    this.columns = columns;
    this.nanosBetween = columns > 0 ? 100_000_000L : 10_000_000_000L;
  }

  /** From now on shows counts and activities on a terminal only, and erases them in the end. */
  void briefly() {
    brief = true;
  }

  /** Returns whether the last report is old enough for another one. */
  boolean isDue() {
    return System.nanoTime() - shownAt >= nanosBetween;
  }

  /** Shows what is being done, without a count. */
  void show(String text) {
    shownAt = System.nanoTime();
    if (columns == 0 && !brief) {
      err.println(text);
    } else if (columns > 0) {
      overwrite(text.substring(0, Math.min(text.length(), columns - 1)));
    }
  }

  /**
   * Shows a count. A terminal gets the first form that fits it, followed by a bar if there is room.
   *
   * @param forms the same text in one or more forms, from the longest to the shortest
   */
  void show(long done, long total, String... forms) {
    String text = forms[0];
    for (int i = 1; i < forms.length && text.length() >= columns; i++) {
      text = forms[i];
    }
    if (columns == 0) {
      show(forms[0]);
      return;
    }
    // The last column stays free, because some terminals wrap a line that fills it.
    int bar = Math.min(LONGEST_BAR, columns - 1 - text.length() - "  []".length());
    if (bar >= SHORTEST_BAR) {
      int filled = (int) (bar * done / total);
      text += "  [" + "#".repeat(filled) + ".".repeat(bar - filled) + "]";
    }
    show(text);
    if (done == total && !brief) {
      close();
    }
  }

  /** Ends the line, if one is open, so that other text can follow. */
  void close() {
    if (open && brief) {
      overwrite("");
    } else if (open) {
      err.println();
    }
    open = false;
  }

  private void overwrite(String text) {
    // The control characters of ECMA-48: CR returns to the start of the line. EL erases to its end.
    err.print("\r" + text + "\033[K");
    err.flush();
    open = true;
  }
}
