package io.graft.fetch;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The lock on fetching one file. Only one thread of one process holds it. If the file system locks
 * across machines, this includes all machines that share the folder. The operating system releases
 * the lock when a process ends, however it ends.
 */
final class FetchLock implements Closeable {

  private static final long POLL_MILLIS = 100;

  /**
   * The locks among the threads of this process. A file lock belongs to the process: it does not
   * exclude its other threads, and closing any channel of the file may release it.
   */
  private static final ConcurrentHashMap<Path, ReentrantLock> IN_PROCESS =
      new ConcurrentHashMap<>();

  private final ReentrantLock threads;
  private FileChannel channel;

  private FetchLock(ReentrantLock threads) {
    this.threads = threads;
  }

  /**
   * Waits for the lock.
   *
   * @param waiting the action that runs ten times a second while another thread or process holds
   *     the lock
   * @throws IOException if the folder cannot be written or its file system has no locks
   */
  static FetchLock acquire(Path file, Runnable waiting) throws IOException, InterruptedException {
    Path real = file.toAbsolutePath().getParent().toRealPath().resolve(file.getFileName());
    ReentrantLock threads = IN_PROCESS.computeIfAbsent(real, path -> new ReentrantLock());
    while (!threads.tryLock()) {
      waiting.run();
      if (threads.tryLock(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
        break;
      }
    }
    FetchLock lock = new FetchLock(threads);
    try {
      lock.channel = FileChannel.open(real, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      while (lock.channel.tryLock() == null) {
        waiting.run();
        Thread.sleep(POLL_MILLIS);
      }
      return lock;
    } catch (IOException | InterruptedException | RuntimeException | Error e) {
      lock.close();
      throw e;
    }
  }

  @Override
  public void close() {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      // The operating system has released the lock even if closing reports an error.
    } finally {
      threads.unlock();
    }
  }
}
