package io.graft.backbone;

import io.graft.runtime.OpenState;
import io.graft.runtime.Progress;
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

/**
 * Runs batches through frozen layers on all of their devices. Each batch goes to a free worker. A
 * GPU has two workers, so that one batch is copied while another is computed. The CPU has one. A
 * single worker runs on the thread that submits batches. Several workers have their own threads.
 * Only one thread at a time may submit batches.
 */
public final class Workers implements AutoCloseable {

  private final Set<Replica> replicas;
  private final Queue<Replica> free;
  private final int count;
  private final Progress listener;
  private final ExecutorService threads;
  private final CompletionService<Runnable> completion;
  private final OpenState open = new OpenState(Workers.class);
  private int inProgress;

  /**
   * Starts workers.
   *
   * @param replicas the replica of each worker; a replica with several workers occurs several times
   * @param listener the listener that is told what users should know, called on the thread that
   *     submits batches
   */
  Workers(Queue<Replica> replicas, Progress listener) {
    this.replicas = new LinkedHashSet<>(replicas);
    this.free = new ConcurrentLinkedQueue<>(replicas);
    this.count = free.size();
    this.listener = listener;
    this.threads = count == 1 ? null : Executors.newFixedThreadPool(count, Workers::newThread);
    Executor executor = count == 1 ? Runnable::run : threads;
    this.completion = new ExecutorCompletionService<>(executor);
  }

  /** Returns the number of workers, which is also the largest number of batches in progress. */
  public int count() {
    return count;
  }

  /**
   * Submits a batch. If no worker is free, waits for one.
   *
   * @param pixels the pixels of {@code rows} images of the input spec's size, uint8 RGB in NHWC
   *     order, in a direct buffer; in use until {@code done} is called
   * @param taker the receiver of the computed rows
   * @param done an action that a call of this class runs on the submitting thread after the batch
   *     is computed
   * @throws io.graft.runtime.DeviceException if a device failed on this batch or an earlier one;
   *     other exceptions of a worker's thread are thrown in the same way
   * @throws CancellationException if this thread is interrupted; it stays interrupted
   */
  public void submit(
      ByteBuffer pixels, int rows, TensorType type, FeatureRows.Taker taker, Runnable done) {
    open.require();
    while (inProgress == count) {
      settleNext();
    }
    inProgress++;
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

  /** Waits until every batch is done. Throws the same exceptions as {@link #submit}. */
  public void finish() {
    while (inProgress > 0) {
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
    inProgress--;
    replicas.forEach(replica -> replica.report(listener));
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
    return new CancellationException("Interrupted while features were computed");
  }

  /** Waits for the batches in progress. Their takers still receive the rows. */
  @Override
  public void close() {
    if (!open.close() || threads == null) {
      return;
    }
    threads.shutdown();
    boolean interrupted = false;
    boolean ended = false;
    while (!ended) {
      try {
        ended = threads.awaitTermination(1, TimeUnit.DAYS);
      } catch (InterruptedException e) {
        // Keeps waiting, because a batch takes little time and its manager must stay open until it
        // ends.
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
