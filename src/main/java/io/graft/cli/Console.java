package io.graft.cli;

import io.graft.FitListener;
import io.graft.data.BadImage;
import io.graft.runtime.StoppedException;
import io.graft.train.EpochMetrics;
import java.io.PrintWriter;
import java.util.Locale;

/**
 * Progress and remarks on standard error: a line that rewrites itself on a terminal, plain lines
 * elsewhere.
 */
final class Console implements FitListener {

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
  private long trainedRows;
  private int lastTrained = -1;
  private long lastLineAt = System.nanoTime();
  private int skipped;

  /** Null where signals do what they always do. */
  private StopSignals signals;

  Console(PrintWriter err, boolean verbose) {
    this.err = err;
    this.verbose = verbose;
  }

  /** Stops the work where these ask for it. */
  void obey(StopSignals asking) {
    signals = asking;
  }

  @Override
  public boolean stopRequested() {
    return signals != null && signals.requested();
  }

  private void requireGoingOn() {
    if (stopRequested()) {
      throw new StoppedException(
          "Stopped before training began; what the feature store has stays there.");
    }
  }

  /** Says something on a line of its own. */
  void say(String line) {
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
  public void advanced(long bytesDone, long bytesTotal) {
    requireGoingOn();
    long now = System.nanoTime();
    if (bytesDone != bytesTotal && now - lastLineAt < NANOS_BETWEEN_LINES) {
      return;
    }
    lastLineAt = now;
    String total = bytesTotal < 0 ? "" : "/" + mebibytes(bytesTotal);
    progress(
        bytesTotal < 0 ? 0 : bytesDone,
        Math.max(1, bytesTotal),
        "weights  " + mebibytes(bytesDone) + total + " MiB");
    if (bytesDone == bytesTotal) {
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

  @Override
  public void extracted(int done, int total) {
    requireGoingOn();
    long now = System.nanoTime();
    if (done <= 0) {
      return;
    }
    count("frozen layers  ", done, total, " images", extracting.at(done, total, now), now);
  }

  @Override
  public void checked(int done, int total) {
    requireGoingOn();
    long now = System.nanoTime();
    count("looking at pictures  ", done, total, "", checking.at(done, total, now), now);
  }

  @Override
  public void trained(int epoch, int done, int total) {
    long now = System.nanoTime();
    String speed = training.at(done, total, now);
    trainedRows += lastTrained < 0 ? 0 : done > lastTrained ? done - lastTrained : done;
    lastTrained = done;
    if (done < total) {
      // The end of an epoch has a line of its own.
      count("epoch " + epoch + "  ", done, total, " rows", speed, now);
    }
  }

  /** How many rows epochs have gone through, but for the first batch. */
  long trainedRows() {
    return trainedRows;
  }

  /** Shows a count, unless another was shown just now. */
  private void count(String what, int done, int total, String unit, String speed, long now) {
    if (done < total && now - lastLineAt < NANOS_BETWEEN_LINES) {
      return;
    }
    progress(done, total, what + done + "/" + total + unit + speed);
    lastLineAt = now;
    if (done == total) {
      closeLine();
    }
  }

  /** Tells how many pictures are drawn; called by several threads. */
  synchronized void drawn(int done, int total) {
    count("drawn  ", done, total, " pictures", "", System.nanoTime());
  }

  @Override
  public void skipped(BadImage image) {
    skipped++;
    if (skipped <= MOST_NAMED || verbose) {
      say("skipped " + image.path() + ": " + image.reason());
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
