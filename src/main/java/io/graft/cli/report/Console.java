package io.graft.cli.report;

import static io.graft.cli.report.ReportFormat.format;

import io.graft.FitListener;
import io.graft.train.EpochMetrics;
import java.io.PrintWriter;
import java.nio.file.Path;

/**
 * Shows progress and notes on standard error. On a terminal, progress is one line that is
 * overwritten. Elsewhere, each report of progress is a new line.
 */
public final class Console implements FitListener, AutoCloseable {

  /** Whether standard error is a terminal. The launcher detects it, because Java cannot. */
  private static final boolean TERMINAL = Boolean.getBoolean("graft.terminal");

  private static final int BAR_WIDTH = 30;
  private static final long NANOS_BETWEEN_LINES = TERMINAL ? 100_000_000L : 10_000_000_000L;

  /** The largest number of skipped images that are listed by name. */
  private static final int MOST_NAMED = 20;

  private final PrintWriter err;
  private final boolean verbose;
  private boolean lineOpen;
  private final Speed extracting = new Speed();
  private final Speed checking = new Speed();
  private final Speed training = new Speed();
  private long firstTrained = -1;
  private long lastTrained = -1;
  private long lastLineAt = System.nanoTime();
  private int skipped;

  /** The signal handlers, or null if a signal ends the process. */
  private StopSignals signals;

  /** The speed of a count that increases up to a total, once or several times. */
  private static final class Speed {

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
          : format("  %.1f images/s", (done - first) / ((nanoTime - firstAt) / 1e9));
    }
  }

  public Console(PrintWriter err, boolean verbose) {
    this.err = err;
    this.verbose = verbose;
  }

  /** Handles Ctrl-C and SIGTERM as requests to stop the work, until this console is closed. */
  public Console obeyingSignals() {
    signals = new StopSignals(this::note);
    return this;
  }

  @Override
  public boolean stopRequested() {
    return signals != null && signals.requested();
  }

  @Override
  public void close() {
    if (signals != null) {
      signals.close();
    }
  }

  @Override
  public void note(String line) {
    closeLine();
    err.println(line);
  }

  @Override
  public void detail(String line) {
    if (verbose) {
      note(line);
    }
  }

  @Override
  public void advanced(Phase phase, long done, long total) {
    switch (phase) {
      case FETCH -> fetched(done, total);
      case CHECK -> count("checking images  ", done, total, "", checking);
      case EXTRACT -> count("frozen layers  ", done, total, " images", extracting);
      case TRAIN -> trained(done, total);
    }
  }

  private void fetched(long done, long total) {
    if (done != total && System.nanoTime() - lastLineAt < NANOS_BETWEEN_LINES) {
      return;
    }
    String of = total < 0 ? "" : "/" + mebibytes(total);
    progress(total < 0 ? 0 : done, Math.max(1, total), "weights  " + mebibytes(done) + of + " MiB");
  }

  private static String mebibytes(long bytes) {
    return format("%.1f", bytes / (double) (1 << 20));
  }

  private void trained(long done, long total) {
    firstTrained = firstTrained < 0 ? done : firstTrained;
    lastTrained = done;
    if (done < total) {
      // At the end of an epoch, a line with its loss is printed instead.
      count("training  ", done, total, " images", training);
    }
  }

  /** Returns how many rows were trained on, without the first batch, which is slower. */
  public long trainedRows() {
    return lastTrained - firstTrained;
  }

  /** Shows a count, unless another count was shown very recently. */
  private void count(String what, long done, long total, String unit, Speed speed) {
    long now = System.nanoTime();
    String pace = done <= 0 || speed == null ? "" : speed.at(done, total, now);
    if (done <= 0 || (done < total && now - lastLineAt < NANOS_BETWEEN_LINES)) {
      return;
    }
    progress(done, total, what + done + "/" + total + unit + pace);
  }

  /** Shows how many pictures are drawn. Any thread may call this method. */
  public synchronized void drawn(int done, int total) {
    count("drawn  ", done, total, " pictures", null);
  }

  @Override
  public void skipped(Path file, String reason) {
    skipped++;
    if (skipped <= MOST_NAMED || verbose) {
      note("skipped " + file + ": " + reason);
    } else if (skipped == MOST_NAMED + 1) {
      note("skipped more; --verbose names all of them");
    }
  }

  @Override
  public void epochEnded(EpochMetrics metrics, int epochs) {
    String text =
        format(
            "epoch %d/%d  loss %.4f  top-1 %.3f",
            metrics.epoch(), epochs, metrics.trainLoss(), metrics.trainTop1());
    if (metrics.validationTop1().isPresent()) {
      text +=
          format(
              "  validation loss %.4f  top-1 %.3f",
              metrics.validationLoss().getAsDouble(), metrics.validationTop1().getAsDouble());
    }
    progress(metrics.epoch(), epochs, text);
  }

  private void progress(long done, long total, String text) {
    lastLineAt = System.nanoTime();
    if (!TERMINAL) {
      err.println(text);
      return;
    }
    int filled = (int) (BAR_WIDTH * done / total);
    // The control characters of ECMA-48: CR returns to the start of the line. EL erases to its end.
    err.print("\r[" + "#".repeat(filled) + ".".repeat(BAR_WIDTH - filled) + "] " + text + "\033[K");
    err.flush();
    lineOpen = true;
    if (done == total) {
      closeLine();
    }
  }

  private void closeLine() {
    if (lineOpen) {
      err.println();
      lineOpen = false;
    }
  }
}
