package io.graft.runtime;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;

/**
 * The calls of libtorch that compute for more than a moment. A process that is told to end waits
 * for those under way and lets none begin: libtorch takes down what it computes with while the
 * process exits, and a thread that still computes would crash it.
 */
public final class NativeCalls {

  /** A batch takes less than a second; what takes longer hangs, and is not waited for. */
  private static final long LONGEST_SECONDS = 10;

  private static final ReadWriteLock UNDER_WAY = new ReentrantReadWriteLock();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(NativeCalls::end, "graft-native-calls"));
  }

  private NativeCalls() {}

  /** Makes a call; does not return once the process is told to end. */
  public static <T> T during(Supplier<T> call) {
    UNDER_WAY.readLock().lock();
    try {
      return call.get();
    } finally {
      UNDER_WAY.readLock().unlock();
    }
  }

  /** Takes the lock for good. */
  private static void end() {
    try {
      UNDER_WAY.writeLock().tryLock(LONGEST_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
