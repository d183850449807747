package io.graft.cli;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Takes Ctrl-C and SIGTERM as the wish that the work stop where it can go on later. A second one,
 * and the first where the work has not stopped in time, end the process at once.
 *
 * <p>A shutdown hook would not do: by then the process is ending, and what the work still needs is
 * ending with it. {@code sun.misc.Signal} is the one way to hear a signal before that; it is asked
 * for by name, because javac warns of it and nothing can silence that.
 */
final class StopSignals implements AutoCloseable {

  private static final List<String> SIGNALS = List.of("TERM", "INT");

  /** Less than the 30 s that Kubernetes and others leave between SIGTERM and SIGKILL. */
  private static final int MOST_SECONDS = 25;

  private final Consumer<String> say;
  private final List<Runnable> givingBack = new ArrayList<>();
  private volatile boolean requested;
  private volatile boolean closed;

  /**
   * Listens from now on until it is closed.
   *
   * @param say told when the wish was heard
   */
  StopSignals(Consumer<String> say) {
    this.say = say;
    for (String name : SIGNALS) {
      try {
        Class<?> type = Class.forName("sun.misc.Signal");
        Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
        Object signal = type.getConstructor(String.class).newInstance(name);
        Object handler =
            Proxy.newProxyInstance(
                StopSignals.class.getClassLoader(),
                new Class<?>[] {handlerType},
                (proxy, method, arguments) ->
                    switch (method.getName()) {
                      case "handle" -> {
                        received(arguments[0].hashCode());
                        yield null;
                      }
                      case "equals" -> proxy == arguments[0];
                      case "hashCode" -> System.identityHashCode(proxy);
                      default -> "StopSignals";
                    });
        var handle = type.getMethod("handle", type, handlerType);
        Object before = handle.invoke(null, signal, handler);
        givingBack.add(
            () -> {
              try {
                handle.invoke(null, signal, before);
              } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
              }
            });
      } catch (InvocationTargetException e) {
        // Java was told to leave signals alone (-Xrs): they end the process as they always do.
      } catch (ReflectiveOperationException e) {
        // A Java without this class: likewise.
      }
    }
  }

  /** Whether the work shall stop. */
  boolean requested() {
    return requested;
  }

  /** Signal numbers are what sun.misc.Signal hashes to. */
  private void received(int number) {
    if (requested) {
      end(128 + number);
    }
    requested = true;
    say.accept("Stopping behind the step that is under way; once more to end at once.");
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
                end(Failures.STOPPED);
              }
            },
            "graft-stop-deadline");
    deadline.setDaemon(true);
    deadline.start();
  }

  /** At once: an orderly exit would take libtorch down while a thread is in it. */
  private static void end(int code) {
    Runtime.getRuntime().halt(code);
  }

  @Override
  public void close() {
    closed = true;
    givingBack.forEach(Runnable::run);
  }
}
