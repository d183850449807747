package io.graft.data;

import io.graft.image.InputSpec;
import io.graft.image.input.InputImages;
import io.graft.runtime.BadDataException;
import io.graft.runtime.OpenState;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/**
 * Iterates once over labelled images in batches. Its threads read the batches ahead, in order. A
 * skipped image makes its batch smaller, and an empty batch is left out. The threads end with the
 * last batch, with an error, or when this is closed. Only one thread at a time may ask for batches.
 * Any thread may close this.
 */
public final class Batches implements Iterator<ImageBatch>, AutoCloseable {

  /** How long closing waits. Decoding takes milliseconds, so only a hanging disk takes longer. */
  private static final long CLOSE_SECONDS = 10;

  /** The time after which the threads end if this is never closed. */
  private static final long IDLE_SECONDS = 10;

  private enum State {
    OPEN,
    ENDED,
    CLOSED
  }

  private final int[] order;
  private final IntFunction<LabeledImage> image;
  private final InputImages inputs;
  private final LoaderOptions options;
  private final Consumer<BadImage> onSkipped;
  private final ImageLoader.BufferPool pool;
  private final ThreadPoolExecutor executor;

  private final ConcurrentLinkedDeque<BatchInFlight> inFlight = new ConcurrentLinkedDeque<>();
  private final AtomicReference<ImageBatch> ready = new AtomicReference<>();
  private final AtomicReference<State> state = new AtomicReference<>(State.OPEN);

  /** The buffers of batches in flight, of the ready batch, and of batches with the caller. */
  private final AtomicInteger buffersInUse = new AtomicInteger();

  private final Set<Path> skippedFiles = new HashSet<>();

  private int nextPosition;

  Batches(
      int[] order,
      IntFunction<LabeledImage> image,
      InputSpec inputSpec,
      LoaderOptions options,
      Consumer<BadImage> onSkipped,
      ImageLoader.BufferPool pool) {
    this.order = order;
    this.image = image;
    this.inputs = new InputImages(inputSpec, options.onBadImage().maxPixels());
    this.options = options;
    this.onSkipped = onSkipped;
    this.pool = pool;
    this.executor =
        new ThreadPoolExecutor(
            options.threads(),
            options.threads(),
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Batches::newThread);
    executor.allowCoreThreadTimeOut(true);
  }

  /**
   * Waits for the next batch and returns whether there is one.
   *
   * @throws BadDataException if an image cannot be decoded and the option is {@link
   *     OnBadImage#FAIL}
   * @throws CancellationException if this thread is interrupted (it stays interrupted), or if
   *     another thread closes this
   * @throws IllegalStateException if this was closed before the last batch, or if the caller holds
   *     too many batches that are not closed
   */
  @Override
  public boolean hasNext() {
    if (state.get() == State.ENDED) {
      return false;
    }
    requireOpen();
    try {
      while (ready.get() == null && schedule()) {
        ready.set(finish(inFlight.element()));
      }
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
    if (ready.get() != null) {
      return true;
    }
    requireOpen();
    end(State.ENDED);
    return false;
  }

  /** Returns the next batch. The caller must close it. Throws like {@link #hasNext}. */
  @Override
  public ImageBatch next() {
    if (!hasNext()) {
      throw new NoSuchElementException("All images have been read");
    }
    ImageBatch batch = ready.getAndSet(null);
    if (batch == null) {
      throw closedMeanwhile();
    }
    return batch;
  }

  /** Ends the threads. Batches that the caller holds stay valid until they are closed. */
  @Override
  public void close() {
    end(State.CLOSED);
  }

  private void end(State last) {
    if (!state.compareAndSet(State.OPEN, last)) {
      return;
    }
    // Cancels tasks that will not run, so that nobody waits for them.
    executor.shutdownNow().forEach(queued -> ((Future<?>) queued).cancel(false));
    if (!threadsEnded()) {
      // A thread may still write into its buffer, so no buffer is reused.
      inFlight.clear();
      return;
    }
    for (BatchInFlight left = inFlight.poll(); left != null; left = inFlight.poll()) {
      giveBack(left.pixels());
    }
    ImageBatch unused = ready.getAndSet(null);
    if (unused != null) {
      unused.close();
    }
  }

  private boolean threadsEnded() {
    try {
      return executor.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Starts batches while there are free buffers. Returns whether there is a batch to wait for. */
  private boolean schedule() {
    try {
      while (nextPosition < order.length && buffersInUse.get() <= options.prefetchBatches()) {
        buffersInUse.incrementAndGet();
        int size = Math.min(options.batchSize(), order.length - nextPosition);
        int[] indices = Arrays.copyOfRange(order, nextPosition, nextPosition + size);
        BatchInFlight batch = new BatchInFlight(indices, image, pool.take());
        inFlight.add(batch);
        nextPosition += size;
        batch.start(executor, inputs);
      }
    } catch (RejectedExecutionException e) {
      throw closedMeanwhile();
    }
    if (inFlight.isEmpty() && nextPosition < order.length) {
      requireOpen();
      throw new IllegalStateException(
          ("All %s batches of the loader are in use. Close each batch before asking for the"
                  + " next, or raise the number of prefetched batches")
              .formatted(options.prefetchBatches() + 1));
    }
    return !inFlight.isEmpty();
  }

  /** Waits for a batch and removes it from {@code inFlight}. Returns null if it has no image. */
  private ImageBatch finish(BatchInFlight batch) {
    try {
      // Waiting for images that are already decoded would not notice an interrupt.
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      for (int i = 0; i < batch.size(); i++) {
        Optional<BadImage> bad = batch.await(i);
        if (bad.isPresent()) {
          report(bad.get());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("Interrupted while images were read");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw new IllegalStateException(e.getCause().getMessage(), e.getCause());
    }
    if (!inFlight.remove(batch)) {
      throw closedMeanwhile();
    }
    ByteBuffer pixels = batch.pixels();
    int[] indices = batch.closeGaps(inputs.spec().bytes());
    if (indices.length == 0) {
      giveBack(pixels);
      return null;
    }
    int[] labels = Arrays.stream(indices).map(i -> image.apply(i).label()).toArray();
    return new ImageBatch(pixels, labels, indices, () -> giveBack(pixels));
  }

  private void report(BadImage bad) {
    if (options.onBadImage().fails()) {
      throw new BadDataException(
          ("Cannot decode the image %s: %s. Expected only images that can be decoded. Repair"
                  + " or remove it, or skip such images.")
              .formatted(bad.path(), bad.reason()),
          Stream.concat(Stream.of("on-bad-image"), bad.settings().stream()).toArray(String[]::new));
    }
    if (skippedFiles.add(bad.path())) {
      onSkipped.accept(bad);
    }
  }

  private void giveBack(ByteBuffer pixels) {
    pool.giveBack(pixels);
    buffersInUse.decrementAndGet();
  }

  private void requireOpen() {
    if (state.get() == State.CLOSED) {
      throw OpenState.closed(Batches.class);
    }
  }

  private static CancellationException closedMeanwhile() {
    return new CancellationException("Closed while images were read");
  }

  private static Thread newThread(Runnable task) {
    Thread thread = new Thread(task, "graft-image-loader");
    thread.setDaemon(true);
    return thread;
  }
}
