package io.graft.features;

import io.graft.runtime.DurableFiles;
import java.nio.ByteBuffer;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Collects new rows and writes them, a shard at a time, on a thread of its own while the next shard
 * is collected; memory holds two shards. What was collected is written when this is closed, also by
 * a failure or by a request to end the process.
 */
final class ShardAppender implements AutoCloseable {

  /** The rows of VGG16 take 50 KB each: 1,337 of them to a shard. */
  private static final int SHARD_BYTES = 64 << 20;

  private static final int SHARD_ROWS = 1 << 18;

  /** The most that a process which is killed has computed in vain. */
  private static final long SHARD_NANOS = 30_000_000_000L;

  private final RowTable table;
  private final int rowBytes;
  private final int shardRows;
  private final Runnable atExit = this::writeAtExit;
  private final ExecutorService writer =
      Executors.newSingleThreadExecutor(ShardAppender::newThread);

  private ShardBuffer filling;
  private ShardBuffer spare;
  private Future<?> writing;
  private long firstRowAt;
  private boolean closed;

  /**
   * An appender of rows.
   *
   * @param expected how many rows there will be at most
   */
  ShardAppender(RowTable table, int expected) {
    this.table = table;
    this.rowBytes = table.key().rowBytes();
    this.shardRows = Math.max(1, Math.min(Math.min(SHARD_BYTES / rowBytes, SHARD_ROWS), expected));
    this.filling = new ShardBuffer(rowBytes, shardRows);
    DurableFiles.atExit(atExit);
  }

  /**
   * Adds rows; waits if the disk is a whole shard behind.
   *
   * @param positions of the rows' images among those wanted
   * @param rows end to end from the buffer's position
   * @throws io.graft.runtime.OutputException if an earlier shard could not be written
   */
  synchronized void append(int[] positions, ByteBuffer rows) {
    for (int position : positions) {
      if (closed) {
        // The process is ending; what came before is being kept.
        return;
      }
      if (filling.size() == 0) {
        firstRowAt = System.nanoTime();
      }
      filling.add(table.wanted(), position, rows);
      if (filling.isFull()) {
        handOver();
      }
    }
    if (filling.size() > 0 && System.nanoTime() - firstRowAt > SHARD_NANOS) {
      handOver();
    }
  }

  /** Writes what was collected and waits until it is on the disk. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    DurableFiles.notAtExit(atExit);
    try {
      if (filling.size() > 0) {
        handOver();
      }
      awaitWriting();
    } finally {
      writer.shutdown();
    }
  }

  private void handOver() {
    awaitWriting();
    ShardBuffer full = filling;
    writing = writer.submit(() -> table.add(full));
    if (!closed) {
      filling = spare == null ? new ShardBuffer(rowBytes, shardRows) : spare;
      filling.clear();
      spare = full;
    }
  }

  private void awaitWriting() {
    boolean interrupted = false;
    try {
      while (writing != null) {
        try {
          writing.get();
          writing = null;
        } catch (InterruptedException e) {
          // A shard takes a moment, and is worth more than what it took to compute.
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      writing = null;
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw new IllegalStateException(e.getCause());
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void writeAtExit() {
    try {
      close();
    } catch (RuntimeException e) {
      // The process ends; the next one computes these rows again.
    }
  }

  private static Thread newThread(Runnable task) {
    Thread thread = new Thread(task, "graft-feature-writer");
    thread.setDaemon(true);
    return thread;
  }
}
