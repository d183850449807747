package io.graft.features;

import ai.djl.ndarray.NDManager;
import io.graft.backbone.Activations;
import io.graft.backbone.FrozenPrefix;
import io.graft.data.Batches;
import io.graft.data.ImageBatch;
import io.graft.data.ImageLoader;
import io.graft.data.LabeledImages;
import io.graft.data.LoaderOptions;
import io.graft.data.OnBadImage;
import io.graft.runtime.BadDataException;
import io.graft.weights.TensorType;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Rows that are kept nowhere: each is computed whenever it is read, which costs no disk. Pictures
 * are decoded ahead in the order that was told; the numbers are those that would be kept.
 */
final class ComputedRows implements FeatureStore.Rows {

  private static final int BATCHES_AHEAD = 3;

  private final LabeledImages images;
  private final FrozenPrefix prefix;
  private final TensorType type;
  private final Optional<FreshViews> fresh;
  private final int rowBytes;
  private final AtomicInteger computed = new AtomicInteger();
  private final AtomicLong nanoseconds = new AtomicLong();

  private int[] order = {};
  private Batches pass;
  private long passNumber;

  /** The position in the order of the next row of {@code batch}. */
  private int position;

  /** Rows that are computed and not read yet. */
  private ByteBuffer batch = ByteBuffer.allocate(0);

  /**
   * Rows of pictures.
   *
   * @param images each of which can be decoded
   * @param type of the rows, float16 or float32
   * @param fresh how each pass views the pictures anew; empty for the views that they are
   */
  ComputedRows(
      LabeledImages images, FrozenPrefix prefix, TensorType type, Optional<FreshViews> fresh) {
    this.images = images;
    this.prefix = prefix;
    this.type = type;
    this.fresh = fresh;
    this.rowBytes = Math.toIntExact(prefix.network().outputShape().size() * type.bytes());
  }

  /** How many rows have been computed, each as often as it was. */
  int computed() {
    return computed.get();
  }

  /** How long that took, waiting for decoded pictures included. */
  double seconds() {
    return nanoseconds.get() / 1e9;
  }

  @Override
  public boolean isKept() {
    return false;
  }

  @Override
  public synchronized void ahead(int[] newOrder, int batchSize, long number) {
    close();
    order = newOrder.clone();
    position = 0;
    passNumber = number;
    pass = open(order, batchSize);
  }

  @Override
  public synchronized void read(int row, ByteBuffer destination) {
    if (position < order.length && order[position] == row) {
      if (!batch.hasRemaining()) {
        batch = compute(pass);
      }
      position++;
      copy(batch, destination);
      return;
    }
    try (Batches one = open(new int[] {row}, 1)) {
      copy(compute(one), destination);
    }
  }

  private Batches open(int[] rows, int batchSize) {
    LoaderOptions options =
        LoaderOptions.defaults()
            .withBatchSize(batchSize)
            .withPrefetchBatches(BATCHES_AHEAD)
            .withOnBadImage(OnBadImage.FAIL);
    ImageLoader loader = new ImageLoader(images, prefix.input(), options, bad -> {});
    return fresh.isPresent()
        ? loader.batches(rows, fresh.get().view(passNumber))
        : loader.batches(rows);
  }

  /** The rows of the next batch, in as large parts as the plan has. */
  private ByteBuffer compute(Batches from) {
    long start = System.nanoTime();
    if (!from.hasNext()) {
      throw new BadDataException("The pictures of " + images.source() + " changed during the run.");
    }
    try (ImageBatch read = from.next()) {
      ByteBuffer rows = ByteBuffer.allocateDirect(read.size() * rowBytes);
      int bytes = prefix.input().bytes();
      int most = prefix.plan().microBatch();
      for (int first = 0; first < read.size(); first += most) {
        int size = Math.min(most, read.size() - first);
        ByteBuffer part =
            read.pixels().slice(read.pixels().position() + first * bytes, size * bytes);
        try (NDManager scratch = prefix.manager().newSubManager()) {
          Activations activations = prefix.activations(scratch, part, size, type);
          rows.put(StoredRows.checked(activations, type).values());
        }
        computed.addAndGet(size);
      }
      nanoseconds.addAndGet(System.nanoTime() - start);
      return rows.flip();
    }
  }

  private void copy(ByteBuffer from, ByteBuffer destination) {
    destination.put(from.slice(from.position(), rowBytes));
    from.position(from.position() + rowBytes);
  }

  @Override
  public synchronized void close() {
    batch = ByteBuffer.allocate(0);
    order = new int[0];
    if (pass != null) {
      pass.close();
      pass = null;
    }
  }
}
