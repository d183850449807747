package io.graft.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;

/** Direct buffers of one size that are used again, because the JVM frees them late. */
final class BufferPool {

  private final int bytes;
  private final ConcurrentLinkedDeque<ByteBuffer> free = new ConcurrentLinkedDeque<>();
  private final AtomicInteger allocated = new AtomicInteger();

  BufferPool(int bytes) {
    this.bytes = bytes;
  }

  /** A buffer of arbitrary content in native byte order, from position 0 to its capacity. */
  ByteBuffer take() {
    ByteBuffer buffer = free.poll();
    if (buffer == null) {
      allocated.incrementAndGet();
      return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }
    return buffer.clear();
  }

  /** Takes a buffer back that nobody reads or writes any more. */
  void giveBack(ByteBuffer buffer) {
    free.push(buffer);
  }

  /** How many buffers were ever made. */
  int allocated() {
    return allocated.get();
  }
}
