package io.graft.cli.report;

import io.graft.runtime.NativeCalls;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Turns Ctrl-C and SIGTERM into a request to stop the work at a point where it can continue later.
 * A second signal ends the process at once, and so does a deadline after the first.
 *
 * <p>A shutdown hook would be too late: it runs while the libraries that the work still needs shut
 * down.
 */
public final class StopSignals implements AutoCloseable {

  /** The exit code of work that stopped: EX_TEMPFAIL of sysexits.h. */
  public static final int EXIT_CODE = 75;

  /** Less than the 30 s that Kubernetes and others wait between SIGTERM and SIGKILL. */
  private static final int MOST_SECONDS = 25;

  private final Consumer<String> say;
  private final List<Runnable> restoring;
  private volatile boolean requested;
  private volatile boolean closed;

  /** Handles signals until it is closed, and announces each. */
  StopSignals(Consumer<String> say) {
    this.say = say;
    this.restoring =
        List.of(Signals.handle("TERM", this::received), Signals.handle("INT", this::received));
  }

  /** Tells whether the work should stop. */
  boolean requested() {
    return requested;
  }

  private void received(int number) {
    if (requested) {
      NativeCalls.endNow(128 + number);
    }
    requested = true;
    say.accept("Stopping after the current step. Repeat the signal to end at once.");
    Thread deadline =
        new Thread(
            () -> {
              try {
                TimeUnit.SECONDS.sleep(MOST_SECONDS);
              } catch (InterruptedException e) {
                return;
              }
              if (!closed) {
                say.accept("Stopping takes too long. Ending now; what was saved before stays.");
                NativeCalls.endNow(EXIT_CODE);
              }
            },
            "graft-stop-deadline");
    deadline.setDaemon(true);
    deadline.start();
  }

  @Override
  public void close() {
    closed = true;
    restoring.forEach(Runnable::run);
  }
}
