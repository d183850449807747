package io.graft.features;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.graft.backbone.FeatureRows;
import io.graft.backbone.FrozenLayers;
import io.graft.data.BadImage;
import io.graft.data.Batches;
import io.graft.data.ImageBatch;
import io.graft.data.ImageLoader;
import io.graft.data.LabeledImage;
import io.graft.data.LabeledImages;
import io.graft.data.LoaderOptions;
import io.graft.data.OnBadImage;
import io.graft.data.View;
import io.graft.image.InputSpec;
import io.graft.runtime.BadDataException;
import io.graft.runtime.Progress;
import io.graft.runtime.StoppedException;
import io.graft.tensors.TensorType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongFunction;

/**
 * Rows that are not kept, so each is computed whenever it is read. Images are decoded ahead in the
 * announced order. The rows have the same values as kept ones.
 */
final class ComputedRows implements RowSource {

  private static final int BATCHES_AHEAD = 3;

  private final LabeledImages images;
  private final FrozenLayers frozen;
  private final TensorType type;
  private final Optional<LongFunction<View>> fresh;
  private final int rowBytes;

  /** The rows of one forward pass. From the buffer's position on, they have not been read yet. */
  private final ByteBuffer ready;

  private final AtomicInteger computed = new AtomicInteger();
  private final AtomicLong nanoseconds = new AtomicLong();

  /** The loaders by batch size. Every epoch uses the same loader, which reuses its buffers. */
  private final Map<Integer, ImageLoader> loaders = new HashMap<>();

  private int[] order = {};
  private Batches batches;
  private long epoch;

  /** The position of the next row in the order. */
  private int position;

  /** The batch that is being computed; null between two batches. */
  private ImageBatch batch;

  /** The number of images of the batch that have been computed. */
  private int done;

  /**
   * Creates rows.
   *
   * @param images the images, which can all be decoded
   * @param type the element type of the rows, float16 or float32
   * @param fresh a function that returns the view for an epoch; empty to use the images' own views
   */
  ComputedRows(
      LabeledImages images,
      FrozenLayers frozen,
      TensorType type,
      Optional<LongFunction<View>> fresh) {
    this.images = images;
    this.frozen = frozen;
    this.type = type;
    this.fresh = fresh;
    this.rowBytes = Math.toIntExact(frozen.network().outputShape().size() * type.bytes());
    // Limits the rows, because a buffer's size is an int.
    int atOnce = Math.min(frozen.plan().microBatch(), Integer.MAX_VALUE / rowBytes);
    this.ready = ByteBuffer.allocateDirect(atOnce * rowBytes).limit(0);
  }

  /** Returns how many rows were computed; a row that was computed twice counts twice. */
  int computed() {
    return computed.get();
  }

  /** Returns how long reading rows took, in seconds, including the wait for decoded images. */
  double seconds() {
    return nanoseconds.get() / 1e9;
  }

  @Override
  public boolean isKept() {
    return false;
  }

  @Override
  public synchronized void ahead(int[] newOrder, int batchSize, long newEpoch) {
    close();
    order = newOrder.clone();
    position = 0;
    epoch = newEpoch;
    batches = open(order, batchSize);
  }

  @Override
  public synchronized void read(int row, ByteBuffer destination) {
    long start = System.nanoTime();
    if (position < order.length && order[position] == row) {
      if (!ready.hasRemaining()) {
        computeNext();
      }
      position++;
      destination.put(ready.slice(ready.position(), rowBytes));
      ready.position(ready.position() + rowBytes);
    } else {
      // This row is not the next one of the order, so the rows that are ready stay for later.
      try (Batches one = open(new int[] {row}, 1);
          ImageBatch image = next(one)) {
        compute(image, 0, 1, destination);
      }
    }
    nanoseconds.addAndGet(System.nanoTime() - start);
  }

  /** Computes a whole batch if its rows are only preprocessed pixels, whose values are small. */
  @Override
  public synchronized Optional<NDArray> computeNext(NDManager owner, int[] wanted) {
    long start = System.nanoTime();
    int end = position + wanted.length;
    if (!frozen.network().layers().isEmpty()
        || !owner.getDevice().equals(frozen.device())
        || batch != null
        || ready.hasRemaining()
        || end > order.length
        || !Arrays.equals(order, position, end, wanted, 0, wanted.length)) {
      return Optional.empty();
    }
    batch = next(batches);
    done = 0;
    if (batch.size() != wanted.length) {
      return Optional.empty();
    }
    NDArray values = frozen.forward(owner, batch.pixels(), batch.size());
    batch.close();
    batch = null;
    position = end;
    computed.addAndGet(wanted.length);
    NDArray rows = type == TensorType.F16 ? values.toType(DataType.FLOAT16, false) : values;
    nanoseconds.addAndGet(System.nanoTime() - start);
    return Optional.of(rows);
  }

  private Batches open(int[] wanted, int batchSize) {
    ImageLoader loader = loaders.computeIfAbsent(batchSize, this::loader);
    return fresh.isPresent()
        ? loader.batches(wanted, fresh.get().apply(epoch))
        : loader.batches(wanted);
  }

  private ImageLoader loader(int batchSize) {
    LoaderOptions options =
        LoaderOptions.defaults()
            .withBatchSize(batchSize)
            .withPrefetchBatches(BATCHES_AHEAD)
            .withOnBadImage(OnBadImage.FAIL);
    return new ImageLoader(images, frozen.input(), options, bad -> {});
  }

  private ImageBatch next(Batches from) {
    if (!from.hasNext()) {
      throw new BadDataException("The images of " + images.source() + " changed during the run.");
    }
    return from.next();
  }

  /** Computes the next rows of the order with one forward pass. */
  private void computeNext() {
    if (batch == null) {
      batch = next(batches);
      done = 0;
    }
    int size = Math.min(ready.capacity() / rowBytes, batch.size() - done);
    compute(batch, done, size, ready.duplicate().clear());
    ready.clear().limit(size * rowBytes);
    done += size;
    if (done == batch.size()) {
      batch.close();
      batch = null;
    }
  }

  private void compute(ImageBatch of, int first, int size, ByteBuffer destination) {
    int bytes = frozen.input().bytes();
    ByteBuffer part = of.pixels().slice(first * bytes, size * bytes);
    try (NDManager scratch = frozen.manager().newSubManager()) {
      FeatureRows features = frozen.features(scratch, part, size, type);
      destination.put(StoredRows.checked(features, type).values());
    }
    computed.addAndGet(size);
  }

  @Override
  public synchronized void close() {
    ready.limit(0);
    order = new int[0];
    if (batch != null) {
      batch.close();
      batch = null;
    }
    if (batches != null) {
      batches.close();
      batches = null;
    }
  }

  /**
   * Returns the images that can be decoded, after decoding each once.
   *
   * @param skipped the receiver of each file that cannot be used
   * @throws BadDataException if no image can be used, or if one cannot be used and {@link
   *     OnBadImage#FAIL} is set
   */
  static LabeledImages usable(
      LabeledImages images,
      InputSpec input,
      OnBadImage onBadImage,
      Consumer<BadImage> skipped,
      Progress progress) {
    List<LabeledImage> usable = new ArrayList<>();
    List<BadImage> bad = new ArrayList<>();
    ImageLoader loader =
        new ImageLoader(
            images,
            input,
            LoaderOptions.defaults().withOnBadImage(onBadImage),
            image -> {
              bad.add(image);
              skipped.accept(image);
              progress.skipped(image.path(), image.reason());
            });
    try (Batches read = loader.batches()) {
      while (read.hasNext()) {
        try (ImageBatch batch = read.next()) {
          Arrays.stream(batch.indices()).mapToObj(images.images()::get).forEach(usable::add);
          progress.advanced(
              Progress.Phase.CHECK, usable.size(), images.images().size() - bad.size());
        }
        StoppedException.throwIfRequested(progress, "images were looked at");
      }
    }
    if (usable.isEmpty()) {
      throw StoredImages.noneUsable(images, bad.get(0));
    }
    return images.only(usable);
  }
}
