package io.graft.features;

import io.graft.runtime.DurableFiles;
import java.nio.ByteBuffer;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Collects new rows and writes them in shards. A separate thread writes one shard while the next is
 * collected, so memory holds two. Closing writes the collected rows. They are also written after a
 * failure and when the process is asked to end.
 */
final class ShardAppender implements AutoCloseable {

  /** The largest size of a shard's rows, enough for 1,337 rows of VGG16 of 50 KB each. */
  private static final int SHARD_BYTES = 64 << 20;

  private static final int SHARD_ROWS = 1 << 18;

  /** How long rows are collected at most. A killed process loses about that much work. */
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

  /** Creates an appender for at most {@code expected} rows. */
  ShardAppender(RowTable table, int expected) {
    this.table = table;
    this.rowBytes = table.key().rowBytes();
    this.shardRows = Math.max(1, Math.min(Math.min(SHARD_BYTES / rowBytes, SHARD_ROWS), expected));
    this.filling = new ShardBuffer(rowBytes, shardRows);
    DurableFiles.atExit(atExit);
  }

  /**
   * Adds rows. When a shard is full, waits until the previous one is written.
   *
   * @param positions the positions of the rows' images among the wanted ones
   * @param rows the rows, end to end from the buffer's position
   * @throws io.graft.runtime.OutputException if an earlier shard could not be written
   */
  synchronized void append(int[] positions, ByteBuffer rows) {
    for (int position : positions) {
      if (closed) {
        // The process is ending. Only the rows that were added before are kept.
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

  /** Writes the collected rows and waits until they are on the disk. */
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
          // Keeps waiting, because writing takes a moment and recomputing the shard would take much
          // longer.
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
      // Ignores the failure, because the process is ending. The next run recomputes these rows.
    }
  }

  private static Thread newThread(Runnable task) {
    Thread thread = new Thread(task, "graft-feature-writer");
    thread.setDaemon(true);
    return thread;
  }
}
