package io.graft.cli.report;

import static io.graft.cli.report.ReportFormat.format;

import io.graft.FitListener;
import io.graft.train.EpochMetrics;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;

/**
 * Shows progress and notes on standard error. On a terminal, progress is one line that is
 * overwritten. Elsewhere, each report of progress is a new line.
 */
public final class Console implements FitListener, AutoCloseable {

  /**
   * The width of the terminal that standard error is, or 0 if it is none. The launcher detects it,
   * because Java cannot.
   */
  private static final int COLUMNS = Integer.getInteger("graft.columns", 0);

  /** The largest number of skipped images that are listed by name. */
  private static final int MOST_NAMED = 20;

  private static final double MEBIBYTE = 1 << 20;

  private final PrintWriter err;
  private final boolean verbose;
  private final ProgressLine progress;
  private final Map<Phase, Pace> paces = new EnumMap<>(Phase.class);
  private final Pace drawing = new Pace();
  private long firstTrained = -1;
  private long lastTrained = -1;
  private int skipped;

  /** The signal handlers, or null if a signal ends the process. */
  private StopSignals signals;

  public Console(PrintWriter err, boolean verbose) {
    this(err, verbose, COLUMNS);
  }

  /** Creates a console for a terminal of a width in characters, or 0 if it is not a terminal. */
  Console(PrintWriter err, boolean verbose, int columns) {
    this.err = err;
    this.verbose = verbose;
    this.progress = new ProgressLine(err, columns);
    for (Phase phase : Phase.values()) {
      paces.put(phase, new Pace());
    }
  }

  /** Handles Ctrl-C and SIGTERM as requests to stop the work, until this console is closed. */
  public Console obeyingSignals() {
    signals = new StopSignals(this::note);
    return this;
  }

  /** From now on shows counts and activities on a terminal only, and erases them in the end. */
  public void briefly() {
    progress.briefly();
  }

  @Override
  public boolean stopRequested() {
    return signals != null && signals.requested();
  }

  @Override
  public void close() {
    progress.close();
    if (signals != null) {
      signals.close();
    }
  }

  @Override
  public void note(String line) {
    progress.close();
    err.println(line);
  }

  @Override
  public void detail(String line) {
    if (verbose) {
      note(line);
    }
  }

  @Override
  public void doing(String activity) {
    progress.show(activity + " ...");
  }

  @Override
  public void advanced(Phase phase, long done, long total) {
    Pace pace = paces.get(phase);
    pace.advance(done, total, System.nanoTime());
    switch (phase) {
      case FETCH -> fetched(done, total, pace);
      case CHECK -> count("checking images", done, total, "", "images/s", pace);
      case EXTRACT -> count("frozen layers", done, total, " images", "images/s", pace);
      case TRAIN -> {
        firstTrained = firstTrained < 0 ? done : firstTrained;
        lastTrained = done;
        if (done < total) {
          // At the end of an epoch, a line with its loss is printed instead.
          count("training", done, total, " images", "images/s", pace);
        }
      }
    }
  }

  private void fetched(long done, long total, Pace pace) {
    if (done != total && !progress.isDue()) {
      return;
    }
    String of = total < 0 ? "" : format("/%.1f", total / MEBIBYTE);
    String count = format("weights  %.1f%s MiB", done / MEBIBYTE, of);
    String text = count;
    if (!Double.isNaN(pace.perSecond())) {
      text += format("  %.1f MiB/s", pace.perSecond() / MEBIBYTE) + pace.eta();
    }
    progress.show(total < 0 ? 0 : done, Math.max(1, total), text, count + pace.eta());
  }

  /** Returns how many rows were trained on, without the first batch, which is slower. */
  public long trainedRows() {
    return lastTrained - firstTrained;
  }

  /** Shows a count, unless another count was shown very recently. */
  private void count(String what, long done, long total, String unit, String speed, Pace pace) {
    if (done <= 0 || (done < total && !progress.isDue())) {
      return;
    }
    String count = what + "  " + done + "/" + total;
    String text = count + unit;
    if (!Double.isNaN(pace.perSecond())) {
      text += format("  %.1f ", pace.perSecond()) + speed + pace.eta();
    }
    progress.show(done, total, text, count + pace.eta());
  }

  /** Shows how many pictures are drawn. Any thread may call this method. */
  public synchronized void drawn(int done, int total) {
    drawing.advance(done, total, System.nanoTime());
    count("drawn", done, total, " pictures", "pictures/s", drawing);
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
    String count = metrics.epoch() + "/" + epochs;
    String eta = paces.get(Phase.TRAIN).eta();
    String trained =
        format("epoch %s  loss %.4f  top-1 %.3f", count, metrics.trainLoss(), metrics.trainTop1());
    String shortest = format("%s  %.3f %.3f", count, metrics.trainLoss(), metrics.trainTop1());
    if (metrics.validationTop1().isEmpty()) {
      progress.show(metrics.epoch(), epochs, trained + eta, shortest + eta, shortest);
      return;
    }
    double loss = metrics.validationLoss().getAsDouble();
    double top1 = metrics.validationTop1().getAsDouble();
    String validated = format(" loss %.4f  top-1 %.3f", loss, top1);
    String brief = format("  val %.3f %.3f", loss, top1);
    progress.show(
        metrics.epoch(),
        epochs,
        trained + "  validation" + validated + eta,
        trained + "  val" + validated + eta,
        format("%s  loss %.3f  top-1 %.3f", count, metrics.trainLoss(), metrics.trainTop1())
            + brief
            + eta,
        shortest + brief + eta,
        shortest + brief);
  }
}
