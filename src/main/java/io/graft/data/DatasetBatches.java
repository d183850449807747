package io.graft.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.dataset.Batch;
import ai.djl.translate.Batchifier;
import io.graft.image.InputSpec;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;

/** Iterates once over labelled images as batches of a DJL dataset. */
final class DatasetBatches implements Iterator<Batch> {

  private final NDManager manager;
  private final InputSpec inputSpec;
  private final Batches batches;
  private final int imageCount;
  private final String resourceId = UUID.randomUUID().toString();
  private int imagesRead;

  /** Owns {@code batches}: closes them at their end or with {@code manager}. */
  DatasetBatches(NDManager manager, InputSpec inputSpec, Batches batches, int imageCount) {
    this.manager = manager;
    this.inputSpec = inputSpec;
    this.batches = batches;
    this.imageCount = imageCount;
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
    try (ImageBatch images = batches.next()) {
      Shape shape = new Shape(images.size(), inputSpec.height(), inputSpec.width(), 3);
      NDArray data;
      // The array is a view of the batch's memory, so it is closed first.
      try (NDArray pixels = owner.create(images.pixels(), shape, DataType.UINT8)) {
        data = inputSpec.normalize(pixels);
      }
      NDArray labels = owner.create(Arrays.stream(images.labels()).asLongStream().toArray());
      List<Long> indices = Arrays.stream(images.indices()).asLongStream().boxed().toList();
      imagesRead += images.size();
      return new Batch(
          owner,
          new NDList(data),
          new NDList(labels),
          images.size(),
          Batchifier.STACK,
          Batchifier.STACK,
          imagesRead,
          imageCount,
          indices);
    } catch (RuntimeException e) {
      owner.close();
      throw e;
    }
  }
}
