package io.graft.runtime;

import java.util.concurrent.atomic.AtomicBoolean;

/** Tells whether an object was closed. Every use after close fails with the same message. */
public final class OpenState {

  private final Class<?> type;
  private final AtomicBoolean closed = new AtomicBoolean();

  /** Creates the state of an open object of a type. */
  public OpenState(Class<?> type) {
    this.type = type;
  }

  /** Throws an {@link IllegalStateException} if the object is closed. */
  public void require() {
    if (closed.get()) {
      throw closed(type);
    }
  }

  /** Marks the object as closed; returns whether it was open. */
  public boolean close() {
    return closed.compareAndSet(false, true);
  }

  /** Creates the error for use after close, for types that keep their own state. */
  public static IllegalStateException closed(Class<?> type) {
    return new IllegalStateException("This " + type.getSimpleName() + " is closed. Open another.");
  }
}
