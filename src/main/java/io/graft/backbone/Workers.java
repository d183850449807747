package io.graft.backbone;

import io.graft.tensors.TensorType;
import java.nio.ByteBuffer;
import java.util.LinkedHashSet;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Frozen layers at work on all of their devices: each batch goes to whichever is free. As many
 * batches are on their way as there are workers, two for a GPU, so that one is copied while another
 * is computed, and one for the CPU. A single worker is the thread that hands batches over; more are
 * threads of this. One thread at a time may hand batches over.
 */
public final class Workers implements AutoCloseable {

  private final Set<Replica> replicas;
  private final Queue<Replica> free;
  private final int count;
  private final Consumer<String> notes;
  private final ExecutorService threads;
  private final CompletionService<Runnable> completion;
  private int onTheirWay;

  /** Takes what a batch, or a part of it, gave; called on a worker's thread. */
  @FunctionalInterface
  public interface Rows {
    /**
     * Takes rows.
     *
     * @param first the number of the first within the batch
     * @param count how many
     * @param activations of these pictures; valid until this returns
     */
    void take(int first, int count, Activations activations);
  }

  /**
   * Workers that use some replicas.
   *
   * @param replicas one entry for each worker
   * @param notes told what people should know, on the thread that hands batches over
   */
  Workers(Queue<Replica> replicas, Consumer<String> notes) {
    this.replicas = new LinkedHashSet<>(replicas);
    this.free = new ConcurrentLinkedQueue<>(replicas);
    this.count = free.size();
    this.notes = notes;
    this.threads = count == 1 ? null : Executors.newFixedThreadPool(count, Workers::newThread);
    Executor executor = count == 1 ? Runnable::run : threads;
    this.completion = new ExecutorCompletionService<>(executor);
  }

  /** How many batches are on their way at once. */
  public int count() {
    return count;
  }

  /**
   * Hands a batch over; waits until a worker is free.
   *
   * @param pixels uint8 RGB in NHWC order, {@code rows} pictures of the input spec's size, direct;
   *     in use until {@code done} is called
   * @param taker takes the rows
   * @param done called on this thread when the batch is done, by a later call
   * @throws io.graft.runtime.DeviceException if a device failed on this batch or an earlier one; so
   *     is whatever else was thrown on a worker's thread
   * @throws CancellationException if this thread is interrupted, which stays so
   */
  public void submit(ByteBuffer pixels, int rows, TensorType type, Rows taker, Runnable done) {
    while (onTheirWay == count) {
      settleNext();
    }
    onTheirWay++;
    completion.submit(
        () -> {
          Replica replica = free.remove();
          try {
            replica.run(pixels, rows, type, taker);
          } finally {
            free.add(replica);
          }
        },
        done);
    for (Future<Runnable> ready = completion.poll(); ready != null; ready = completion.poll()) {
      settle(ready);
    }
  }

  /** Waits until every batch is done; throws as {@link #submit}. */
  public void finish() {
    while (onTheirWay > 0) {
      settleNext();
    }
  }

  private void settleNext() {
    try {
      settle(completion.take());
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  private void settle(Future<Runnable> ended) {
    onTheirWay--;
    replicas.forEach(replica -> replica.say(notes));
    try {
      ended.get().run();
    } catch (InterruptedException e) {
      throw interrupted();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  private static CancellationException interrupted() {
    Thread.currentThread().interrupt();
    return new CancellationException("Interrupted while pictures were computed");
  }

  /** Waits for the batches that are being computed, so that their rows are taken. */
  @Override
  public void close() {
    if (threads == null) {
      return;
    }
    threads.shutdown();
    boolean interrupted = false;
    boolean ended = false;
    while (!ended) {
      try {
        ended = threads.awaitTermination(1, TimeUnit.DAYS);
      } catch (InterruptedException e) {
        // A batch takes a moment, and its manager must outlive it.
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static Thread newThread(Runnable task) {
    Thread thread = new Thread(task, "graft-frozen-layers");
    thread.setDaemon(true);
    return thread;
  }
}
