package io.graft.runtime;

import java.util.concurrent.atomic.AtomicBoolean;

/** Records whether an object is closed. Each use of a closed object throws the same error. */
public final class OpenState {

  private final Class<?> type;
  private final AtomicBoolean closed = new AtomicBoolean();

  /** Creates the state of an object that is open. The type is named in the error message. */
  public OpenState(Class<?> type) {
    this.type = type;
  }

  /** Throws an {@link IllegalStateException} if the object is closed. */
  public void require() {
    if (closed.get()) {
      throw closed(type);
    }
  }

  /** Marks the object as closed. Returns whether it was open before. */
  public boolean close() {
    return closed.compareAndSet(false, true);
  }

  /** Creates the error for the use of a closed object of a type with its own state. */
  public static IllegalStateException closed(Class<?> type) {
    return new IllegalStateException("This " + type.getSimpleName() + " is closed. Open another.");
  }
}
