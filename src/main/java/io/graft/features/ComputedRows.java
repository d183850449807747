package io.graft.features;

import ai.djl.ndarray.NDManager;
import io.graft.backbone.FeatureRows;
import io.graft.backbone.FrozenLayers;
import io.graft.data.Batches;
import io.graft.data.ImageBatch;
import io.graft.data.ImageLoader;
import io.graft.data.LabeledImages;
import io.graft.data.LoaderOptions;
import io.graft.data.OnBadImage;
import io.graft.runtime.BadDataException;
import io.graft.tensors.TensorType;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
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
  private final FrozenLayers prefix;
  private final TensorType type;
  private final Optional<FreshViews> fresh;
  private final int rowBytes;

  /** Room for the rows of one forward pass; what remains of it is computed and not read yet. */
  private final ByteBuffer room;

  private final AtomicInteger computed = new AtomicInteger();
  private final AtomicLong nanoseconds = new AtomicLong();

  /** By the size of their batches: each has the buffers of its batches, used in every pass. */
  private final Map<Integer, ImageLoader> loaders = new HashMap<>();

  private int[] order = {};
  private Batches pass;
  private long passNumber;

  /** The position in the order of the next row to be read. */
  private int position;

  /** Pictures of the pass, and how many of them have been computed; null between two batches. */
  private ImageBatch pictures;

  private int done;

  /**
   * Rows of pictures.
   *
   * @param images each of which can be decoded
   * @param type of the rows, float16 or float32
   * @param fresh how each pass views the pictures anew; empty for the views that they are
   */
  ComputedRows(
      LabeledImages images, FrozenLayers prefix, TensorType type, Optional<FreshViews> fresh) {
    this.images = images;
    this.prefix = prefix;
    this.type = type;
    this.fresh = fresh;
    this.rowBytes = Math.toIntExact(prefix.network().outputShape().size() * type.bytes());
    // No array has more bytes than an int can count.
    int atOnce = Math.min(prefix.plan().microBatch(), Integer.MAX_VALUE / rowBytes);
    this.room = ByteBuffer.allocateDirect(atOnce * rowBytes).limit(0);
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
    long start = System.nanoTime();
    if (position < order.length && order[position] == row) {
      if (!room.hasRemaining()) {
        computeNext();
      }
      position++;
      destination.put(room.slice(room.position(), rowBytes));
      room.position(room.position() + rowBytes);
    } else {
      // Not into the room, whose rows are still to be read.
      try (Batches one = open(new int[] {row}, 1);
          ImageBatch picture = next(one)) {
        compute(picture, 0, 1, destination);
      }
    }
    nanoseconds.addAndGet(System.nanoTime() - start);
  }

  private Batches open(int[] wanted, int batchSize) {
    ImageLoader loader = loaders.computeIfAbsent(batchSize, this::loader);
    return fresh.isPresent()
        ? loader.batches(wanted, fresh.get().view(passNumber))
        : loader.batches(wanted);
  }

  private ImageLoader loader(int batchSize) {
    LoaderOptions options =
        LoaderOptions.defaults()
            .withBatchSize(batchSize)
            .withPrefetchBatches(BATCHES_AHEAD)
            .withOnBadImage(OnBadImage.FAIL);
    return new ImageLoader(images, prefix.input(), options, bad -> {});
  }

  private ImageBatch next(Batches from) {
    if (!from.hasNext()) {
      throw new BadDataException("The pictures of " + images.source() + " changed during the run.");
    }
    return from.next();
  }

  /** Computes as many of the pass's next rows as there is room for. */
  private void computeNext() {
    if (pictures == null) {
      pictures = next(pass);
      done = 0;
    }
    int size = Math.min(room.capacity() / rowBytes, pictures.size() - done);
    compute(pictures, done, size, room.duplicate().clear());
    room.clear().limit(size * rowBytes);
    done += size;
    if (done == pictures.size()) {
      pictures.close();
      pictures = null;
    }
  }

  private void compute(ImageBatch batch, int first, int size, ByteBuffer destination) {
    int bytes = prefix.input().bytes();
    ByteBuffer part = batch.pixels().slice(first * bytes, size * bytes);
    try (NDManager scratch = prefix.manager().newSubManager()) {
      FeatureRows features = prefix.features(scratch, part, size, type);
      destination.put(StoredRows.checked(features, type).values());
    }
    computed.addAndGet(size);
  }

  @Override
  public synchronized void close() {
    room.limit(0);
    order = new int[0];
    if (pictures != null) {
      pictures.close();
      pictures = null;
    }
    if (pass != null) {
      pass.close();
      pass = null;
    }
  }
}
