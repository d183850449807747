package io.graft.cli.report;

import java.lang.reflect.Proxy;
import java.util.function.IntConsumer;

/**
 * The signals of the operating system. {@code sun.misc.Signal} is the one way to hear a signal
 * before the process begins to end; it is asked for by name, because javac warns of it and nothing
 * can silence that.
 */
public final class Signals {

  private Signals() {}

  /**
   * Hands a signal to a handler instead of ending the process.
   *
   * @param name without SIG, such as TERM
   * @param handler given the signal's number
   * @return puts the handler of before back; does nothing where Java leaves signals alone (-Xrs)
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
                      // Signals hash to their number.
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
      // -Xrs, or a Java without this class: the signal ends the process as it always does.
      return () -> {};
    }
  }
}
