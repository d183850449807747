package io.graft.cli.report;

import io.graft.FitListener;
import io.graft.train.EpochMetrics;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Progress and remarks on standard error: a line that rewrites itself on a terminal, plain lines
 * elsewhere.
 */
public final class Console implements FitListener, AutoCloseable {

  /** Set by the launcher, which knows what standard error is. */
  private static final boolean TERMINAL = Boolean.getBoolean("graft.terminal");

  private static final int BAR_WIDTH = 30;
  private static final long NANOS_BETWEEN_LINES = TERMINAL ? 100_000_000L : 10_000_000_000L;

  /** Images that are named one by one before only their number is told. */
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

  /** Null where signals end the process. */
  private StopSignals signals;

  public Console(PrintWriter err, boolean verbose) {
    this.err = err;
    this.verbose = verbose;
  }

  /** Takes Ctrl-C and SIGTERM, until this is closed, as the wish that the work should stop. */
  public Console obeyingSignals() {
    signals = new StopSignals(this::say);
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

  /** Says something on a line of its own. */
  public void say(String line) {
    closeLine();
    err.println(line);
  }

  @Override
  public void detail(String line) {
    if (verbose) {
      say(line);
    }
  }

  @Override
  public void advanced(Phase phase, long done, long total) {
    switch (phase) {
      case FETCH -> fetched(done, total);
      case CHECK -> count("looking at images  ", done, total, "", checking);
      case EXTRACT -> count("frozen layers  ", done, total, " images", extracting);
      case TRAIN -> trained(done, total);
    }
  }

  private void fetched(long done, long total) {
    long now = System.nanoTime();
    if (done != total && now - lastLineAt < NANOS_BETWEEN_LINES) {
      return;
    }
    lastLineAt = now;
    String of = total < 0 ? "" : "/" + mebibytes(total);
    progress(total < 0 ? 0 : done, Math.max(1, total), "weights  " + mebibytes(done) + of + " MiB");
    if (done == total) {
      closeLine();
    }
  }

  private static String mebibytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f", bytes / (double) (1 << 20));
  }

  @Override
  public void note(String line) {
    say(line);
  }

  private void trained(long done, long total) {
    firstTrained = firstTrained < 0 ? done : firstTrained;
    lastTrained = done;
    if (done < total) {
      // The end of an epoch has a line for itself.
      count("training  ", done, total, " images", training);
    }
  }

  /** Returns how many rows were trained on after the first batch, which warms up. */
  public long trainedRows() {
    return lastTrained - firstTrained;
  }

  /** Shows a count, unless another was shown just now. */
  private void count(String what, long done, long total, String unit, Speed speed) {
    long now = System.nanoTime();
    String pace = done <= 0 || speed == null ? "" : speed.at(done, total, now);
    if (done <= 0 || (done < total && now - lastLineAt < NANOS_BETWEEN_LINES)) {
      return;
    }
    progress(done, total, what + done + "/" + total + unit + pace);
    lastLineAt = now;
    if (done == total) {
      closeLine();
    }
  }

  /** Tells how many pictures are drawn; called by several threads. */
  public synchronized void drawn(int done, int total) {
    count("drawn  ", done, total, " pictures", null);
  }

  @Override
  public void skipped(Path file, String reason) {
    skipped++;
    if (skipped <= MOST_NAMED || verbose) {
      say("skipped " + file + ": " + reason);
    } else if (skipped == MOST_NAMED + 1) {
      say("skipped more; --verbose names them all");
    }
  }

  @Override
  public void epochEnded(EpochMetrics metrics, int epochs) {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "epoch %d/%d  loss %.4f  top-1 %.3f",
            metrics.epoch(),
            epochs,
            metrics.trainLoss(),
            metrics.trainTop1()));
    metrics
        .validationTop1()
        .ifPresent(
            top1 ->
                text.append(
                    String.format(
                        Locale.ROOT,
                        "  validation loss %.4f  top-1 %.3f",
                        metrics.validationLoss().getAsDouble(),
                        top1)));
    progress(metrics.epoch(), epochs, text.toString());
    lastLineAt = System.nanoTime();
    if (metrics.epoch() == epochs) {
      closeLine();
    }
  }

  private void progress(long done, long total, String text) {
    if (!TERMINAL) {
      err.println(text);
      return;
    }
    int filled = (int) (BAR_WIDTH * done / total);
    // Carriage return and "erase to the end of the line" (ECMA-48, EL).
    err.print("\r[" + "#".repeat(filled) + ".".repeat(BAR_WIDTH - filled) + "] " + text + "\033[K");
    err.flush();
    lineOpen = true;
  }

  private void closeLine() {
    if (lineOpen) {
      err.println();
      lineOpen = false;
    }
  }
}
