package io.graft.cli.report;

import io.graft.runtime.NativeCalls;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Takes Ctrl-C and SIGTERM as the wish that the work should stop where it can continue later. A
 * second one, and the first where the work has not stopped in time, end the process at once.
 *
 * <p>A shutdown hook would not do: by then the process is ending, and what the work still needs is
 * ending with it.
 */
public final class StopSignals implements AutoCloseable {

  /** Of work that stopped: EX_TEMPFAIL of sysexits.h, not done and worth trying again. */
  public static final int EXIT_CODE = 75;

  /** Less than the 30 s that Kubernetes and others leave between SIGTERM and SIGKILL. */
  private static final int MOST_SECONDS = 25;

  private final Consumer<String> say;
  private final List<Runnable> restoring;
  private volatile boolean requested;
  private volatile boolean closed;

  /**
   * Listens until it is closed.
   *
   * @param say told when a signal was heard
   */
  StopSignals(Consumer<String> say) {
    this.say = say;
    this.restoring =
        List.of(Signals.handle("TERM", this::received), Signals.handle("INT", this::received));
  }

  /** Returns whether the work should stop. */
  boolean requested() {
    return requested;
  }

  private void received(int number) {
    if (requested) {
      NativeCalls.endNow(128 + number);
    }
    requested = true;
    say.accept("Stopping after the current step; once more to end at once.");
    Thread deadline =
        new Thread(
            () -> {
              try {
                TimeUnit.SECONDS.sleep(MOST_SECONDS);
              } catch (InterruptedException e) {
                return;
              }
              if (!closed) {
                say.accept("It takes too long: ending with what was kept before.");
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
