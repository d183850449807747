package io.graft.runtime;

import com.sun.jna.NativeLibrary;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;

/**
 * Long calls into libtorch. When the process is told to end, the C library destroys what libtorch
 * needs while other threads still compute, and a call that is under way then aborts the process
 * instead of letting it end. So ending waits for the calls under way, and lets no other begin.
 */
public final class NativeCalls {

  /** Longer than a batch takes on a slow machine. */
  private static final long MOST_SECONDS = 20;

  /** Each call has a share of it; the process's end has the whole and keeps it. */
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

  /**
   * Ends the process at once, without the hooks that run before its end and without destroying what
   * other threads may be using.
   */
  public static void endNow(int exitCode) {
    try {
      NativeLibrary.getProcess().getFunction("_exit").invoke(new Object[] {exitCode});
    } catch (LinkageError e) {
      // Neither POSIX nor JNA: Java's way does destroy it, which can end in a crash.
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
