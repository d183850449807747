package io.graft.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;

/** Reuses direct buffers of one size, because the JVM frees them late. */
final class BufferPool {

  private final int bytes;
  private final ConcurrentLinkedDeque<ByteBuffer> free = new ConcurrentLinkedDeque<>();
  private final AtomicInteger allocated = new AtomicInteger();

  BufferPool(int bytes) {
    this.bytes = bytes;
  }

  /** Returns a buffer of any content in native byte order, from position 0 to its capacity. */
  ByteBuffer take() {
    ByteBuffer buffer = free.poll();
    if (buffer == null) {
      allocated.incrementAndGet();
      return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }
    return buffer.clear();
  }

  /** Takes back a buffer that nobody uses any more. */
  void giveBack(ByteBuffer buffer) {
    free.push(buffer);
  }

  /** Returns the number of buffers that were allocated. */
  int allocated() {
    return allocated.get();
  }
}
