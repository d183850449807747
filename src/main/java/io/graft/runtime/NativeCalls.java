package io.graft.runtime;

import com.sun.jna.NativeLibrary;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;

/**
 * Keeps the process from exiting during a long call into libtorch. At exit, the C library destroys
 * objects that libtorch needs, so a call in progress would crash. Exit therefore waits for calls in
 * progress and blocks new ones.
 */
public final class NativeCalls {

  /** How long exit waits for calls in progress. One batch takes less, even on a slow machine. */
  private static final long MOST_SECONDS = 20;

  /** Each call holds the read lock. Exit acquires the write lock and never releases it. */
  private static final ReadWriteLock CALLS = new ReentrantReadWriteLock();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(NativeCalls::end, "graft-end-native-calls"));
  }

  private NativeCalls() {}

  /** Makes a call and returns its result. Blocks instead if the process is exiting. */
  public static <T> T run(Supplier<T> call) {
    CALLS.readLock().lock();
    try {
      return call.get();
    } finally {
      CALLS.readLock().unlock();
    }
  }

  /** Ends the process at once, without shutdown hooks or the C library's clean-up. */
  public static void endNow(int exitCode) {
    try {
      NativeLibrary.getProcess().getFunction("_exit").invoke(new Object[] {exitCode});
    } catch (LinkageError e) {
      // The system has no _exit, or JNA cannot load. halt destroys native objects and can crash.
      Runtime.getRuntime().halt(exitCode);
    }
  }

  private static void end() {
    try {
      CALLS.writeLock().tryLock(MOST_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
