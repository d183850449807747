package io.graft.image.input;

import java.util.concurrent.CancellationException;
import java.util.concurrent.Semaphore;

/**
 * Limits the memory of all images that are decoded at the same time, because every thread could
 * meet a huge photograph at once. It is one for the whole program, as the heap is. Small images
 * never wait. An image that is larger than the limit is decoded alone.
 */
final class DecodingMemory {

  /** Files above this size are read alone, because their header is not known yet. */
  static final long LARGE_FILE_BYTES = 64L << 20;

  private static final int BYTES_PER_PERMIT = 1024;

  /** Half of the heap, in permits. */
  private static final int PERMITS =
      (int)
          Math.max(
              1,
              Math.min(Integer.MAX_VALUE, Runtime.getRuntime().maxMemory() / 2 / BYTES_PER_PERMIT));

  /** It is fair, so that a huge image gets its turn. */
  private static final Semaphore FREE = new Semaphore(PERMITS, true);

  /** No memory. */
  static final Reserved NONE = new Reserved(0);

  private DecodingMemory() {}

  /** Memory that was reserved, until it is closed. */
  record Reserved(int permits) implements AutoCloseable {
    @Override
    public void close() {
      FREE.release(permits);
    }
  }

  /**
   * Waits until an image that needs this many bytes may be decoded.
   *
   * @throws CancellationException if this thread is interrupted while it waits; it stays so
   */
  static Reserved reserve(long bytes) {
    int permits = (int) Math.min(PERMITS, bytes / BYTES_PER_PERMIT);
    if (FREE.hasQueuedThreads() || !FREE.tryAcquire(permits)) {
      try {
        FREE.acquire(permits);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CancellationException("Interrupted before an image was decoded");
      }
    }
    return new Reserved(permits);
  }

  /** Waits until nothing else is decoded. */
  static Reserved all() {
    return reserve(Long.MAX_VALUE);
  }
}
