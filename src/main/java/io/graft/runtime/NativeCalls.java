package io.graft.runtime;

import com.sun.jna.NativeLibrary;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;

/**
 * Guards long calls into libtorch against the end of the process. At exit the C library destroys
 * objects that libtorch needs, so a call in progress would crash. Exit therefore waits for the
 * calls in progress and blocks new ones.
 */
public final class NativeCalls {

  /** Longer than a batch takes on a slow machine. */
  private static final long MOST_SECONDS = 20;

  /** Calls hold the read lock; exit takes the write lock and keeps it. */
  private static final ReadWriteLock CALLS = new ReentrantReadWriteLock();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(NativeCalls::end, "graft-end-native-calls"));
  }

  private NativeCalls() {}

  /** Makes a call; does not return if the process is ending. */
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
      // Neither POSIX nor JNA. Unlike _exit, halt destroys native objects, so it can crash.
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
