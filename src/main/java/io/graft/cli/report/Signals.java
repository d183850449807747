package io.graft.cli.report;

import java.lang.reflect.Proxy;
import java.util.function.IntConsumer;

/**
 * Handles signals of the operating system. Only {@code sun.misc.Signal} can handle a signal before
 * the process begins to end. It is used by reflection, because javac's warning about it cannot be
 * suppressed.
 */
public final class Signals {

  private Signals() {}

  /**
   * Passes a signal to a handler instead of ending the process.
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
              Signals.class.getClassLoader(),
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
                    default -> "Signals";
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
