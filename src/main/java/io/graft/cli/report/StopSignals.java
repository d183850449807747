package io.graft.cli.report;

import io.graft.runtime.NativeCalls;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * Handles Ctrl-C and SIGTERM as requests to stop the work at a point where it can continue later. A
 * second signal ends the process at once. The process also ends if the work does not stop in time.
 *
 * <p>A shutdown hook would be too late. Other hooks run at the same time and close libraries that
 * the work still needs.
 */
public final class StopSignals implements AutoCloseable {

  /** The exit code if the work was stopped: EX_TEMPFAIL of sysexits.h. */
  public static final int EXIT_CODE = 75;

  /** How long the work may take to stop. Kubernetes sends SIGKILL after 30 s. */
  private static final int MOST_SECONDS = 25;

  private final Consumer<String> say;
  private final List<Runnable> restoring;
  private volatile boolean requested;
  private volatile boolean closed;

  /** Starts to handle signals, until this object is closed. Announces each signal. */
  StopSignals(Consumer<String> say) {
    this.say = say;
    this.restoring = List.of(handle("TERM", this::received), handle("INT", this::received));
  }

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

  /**
   * Passes a signal to a handler instead of ending the process. Only {@code sun.misc.Signal} can
   * handle a signal before the process begins to end. It is used by reflection, because javac's
   * warning about it cannot be suppressed.
   *
   * @param name without SIG, such as TERM
   * @param handler given the signal's number
   * @return restores the previous handler; does nothing if Java does not handle signals (-Xrs)
   */
  public static Runnable handle(String name, IntConsumer handler) {
    try {
      Class<?> type = Class.forName("sun.misc.Signal");
      Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
      Object signal = type.getConstructor(String.class).newInstance(name);
      Object proxy =
          Proxy.newProxyInstance(
              StopSignals.class.getClassLoader(),
              new Class<?>[] {handlerType},
              (self, method, arguments) ->
                  switch (method.getName()) {
                    case "handle" -> {
                      // The hash code of a signal is its number.
                      handler.accept(arguments[0].hashCode());
                      yield null;
                    }
                    case "equals" -> self == arguments[0];
                    case "hashCode" -> System.identityHashCode(self);
                    default -> "StopSignals";
                  });
      var handle = type.getMethod("handle", type, handlerType);
      Object before = handle.invoke(null, signal, proxy);
      return () -> {
        try {
          handle.invoke(null, signal, before);
        } catch (ReflectiveOperationException e) {
          throw new IllegalStateException(e);
        }
      };
    } catch (ReflectiveOperationException e) {
      // With -Xrs, or a Java without this class, the signal ends the process.
      return () -> {};
    }
  }
}
