package io.graft.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.Dataset;
import ai.djl.translate.Batchifier;
import ai.djl.util.Progress;
import io.graft.data.splits.SeededOrder;
import io.graft.image.InputSpec;
import io.graft.runtime.InvalidOptionException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Reads labelled images in batches before they are needed, in bounded memory. It is also a DJL
 * dataset, so that plain DJL programs can use it. The threads belong to {@link Batches}, so a
 * loader need not be closed.
 */
public final class ImageLoader implements Dataset {

  private final LabeledImages images;
  private final InputSpec inputSpec;
  private final LoaderOptions options;
  private final Consumer<BadImage> onSkipped;
  private final BufferPool pool;
  private final AtomicLong datasetEpochs = new AtomicLong();

  /**
   * Creates a loader.
   *
   * @param onSkipped the receiver of every skipped file, once per epoch, in the order of the
   *     images, on the thread that asks for batches
   * @throws InvalidOptionException if a batch would exceed 2 GiB
   */
  public ImageLoader(
      LabeledImages images,
      InputSpec inputSpec,
      LoaderOptions options,
      Consumer<BadImage> onSkipped) {
    this.images = Objects.requireNonNull(images, "images");
    this.inputSpec = Objects.requireNonNull(inputSpec, "inputSpec");
    this.options = Objects.requireNonNull(options, "options");
    this.onSkipped = Objects.requireNonNull(onSkipped, "onSkipped");
    this.pool = new BufferPool(bytesPerBatch(images.images().size()));
  }

  /** Reads all images once, as epoch 0. */
  public Batches batches() {
    return batches(0);
  }

  /**
   * Reads all images once.
   *
   * @param epoch the number of the epoch, which selects the random order if the loader shuffles;
   *     the same seed and epoch give the same order
   */
  public Batches batches(long epoch) {
    return read(order(epoch), images.images()::get);
  }

  /**
   * Reads the chosen images in the given order, even if the loader shuffles.
   *
   * @param order the positions in {@link LabeledImages#images()}, each any number of times
   */
  public Batches batches(int[] order) {
    return read(order.clone(), images.images()::get);
  }

  /**
   * Reads the given view of the chosen images.
   *
   * @param order the positions, as in {@link #batches(int[])}
   */
  public Batches batches(int[] order, View view) {
    return read(order.clone(), position -> images.images().get(position).withView(view));
  }

  private Batches read(int[] order, IntFunction<LabeledImage> image) {
    for (int position : order) {
      Objects.checkIndex(position, images.images().size());
    }
    // A batch has more images than the listing only if some are repeated.
    boolean fits = Math.min(options.batchSize(), order.length) <= images.images().size();
    BufferPool buffers = fits ? pool : new BufferPool(bytesPerBatch(order.length));
    return new Batches(order, image, inputSpec, options, onSkipped, buffers);
  }

  /**
   * Reads all images once per iteration. Each iteration is the next epoch. A batch has one input,
   * shape (N, 3, height, width), float32, NCHW, normalised, and one label array, shape (N), int64.
   * An unfinished iteration ends when the manager is closed.
   */
  @Override
  public Iterable<Batch> getData(NDManager manager) {
    return () -> new DatasetBatches(manager, batches(datasetEpochs.getAndIncrement()));
  }

  /** Does nothing: opening the folder or table has listed the images. */
  @Override
  public void prepare(Progress progress) {}

  BufferPool pool() {
    return pool;
  }

  private int[] order(long epoch) {
    int size = images.images().size();
    return options.shuffleSeed().isPresent()
        ? SeededOrder.permutation(size, SeededOrder.mix(options.shuffleSeed().getAsLong(), epoch))
        : IntStream.range(0, size).toArray();
  }

  private int bytesPerBatch(int count) {
    long rows = Math.min(options.batchSize(), count);
    long bytes = rows * inputSpec.bytes();
    if (bytes > Integer.MAX_VALUE) {
      throw new InvalidOptionException(
          ("The batch size is %s: %s bytes of pixels. Expected at most %s images of %s x %s."
                  + " Give a smaller batch size.")
              .formatted(
                  options.batchSize(),
                  bytes,
                  Integer.MAX_VALUE / inputSpec.bytes(),
                  inputSpec.width(),
                  inputSpec.height()));
    }
    return (int) bytes;
  }

  /** Iterates over batches in the form of a DJL dataset. */
  private final class DatasetBatches implements Iterator<Batch> {

    private final NDManager manager;
    private final Batches batches;
    private final String resourceId = UUID.randomUUID().toString();
    private int imagesRead;

    /** Owns {@code batches}: closes them after the last one or with {@code manager}. */
    private DatasetBatches(NDManager manager, Batches batches) {
      this.manager = manager;
      this.batches = batches;
      manager.attachInternal(resourceId, batches);
    }

    @Override
    public boolean hasNext() {
      boolean more = batches.hasNext();
      if (!more) {
        manager.detachInternal(resourceId);
      }
      return more;
    }

    @Override
    public Batch next() {
      NDManager owner = manager.newSubManager();
      try (ImageBatch batch = batches.next()) {
        Shape shape = new Shape(batch.size(), inputSpec.height(), inputSpec.width(), 3);
        NDArray data;
        // The array is a view of the batch's memory, so it is closed first.
        try (NDArray pixels = owner.create(batch.pixels(), shape, DataType.UINT8)) {
          data = inputSpec.normalize(pixels);
        }
        NDArray labels = owner.create(Arrays.stream(batch.labels()).asLongStream().toArray());
        List<Long> indices = Arrays.stream(batch.indices()).asLongStream().boxed().toList();
        imagesRead += batch.size();
        return new Batch(
            owner,
            new NDList(data),
            new NDList(labels),
            batch.size(),
            Batchifier.STACK,
            Batchifier.STACK,
            imagesRead,
            images.images().size(),
            indices);
      } catch (RuntimeException e) {
        owner.close();
        throw e;
      }
    }
  }

  /** Reuses direct buffers of one size, because the JVM frees unused buffers late. */
  static final class BufferPool {

    private final int bytes;
    private final ConcurrentLinkedDeque<ByteBuffer> free = new ConcurrentLinkedDeque<>();
    private final AtomicInteger allocated = new AtomicInteger();

    private BufferPool(int bytes) {
      this.bytes = bytes;
    }

    /** Returns a buffer with arbitrary content in native order, from position 0 to its capacity. */
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
}
