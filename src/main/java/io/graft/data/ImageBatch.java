package io.graft.data;

import io.graft.runtime.OpenState;
import java.nio.ByteBuffer;

/**
 * The pixels and labels of some images. The loader reuses the memory of a closed batch. Do not use
 * an array that an engine created directly over {@link #pixels()} after closing the batch.
 */
public final class ImageBatch implements AutoCloseable {

  private final ByteBuffer pixels;
  private final int[] labels;
  private final int[] indices;
  private final Runnable giveBack;
  private final OpenState open = new OpenState(ImageBatch.class);

  /** Creates a batch of the pixels up to the limit. Closing it runs {@code giveBack} once. */
  ImageBatch(ByteBuffer pixels, int[] labels, int[] indices, Runnable giveBack) {
    this.pixels = pixels;
    this.labels = labels;
    this.indices = indices;
    this.giveBack = giveBack;
  }

  /**
   * Returns the pixels: shape (size, height, width, 3), uint8, NHWC, RGB, 0 to 255. The result is a
   * new view of one direct buffer in native byte order, from position 0 to the limit.
   *
   * @throws IllegalStateException if the batch is closed
   */
  public ByteBuffer pixels() {
    open.require();
    return pixels.duplicate().order(pixels.order());
  }

  /** Returns the number of images, at least 1. */
  public int size() {
    return labels.length;
  }

  /** Returns the label of each image: shape (size), int32, from 0. */
  public int[] labels() {
    return labels.clone();
  }

  /** Returns the position of each image in {@link LabeledImages#images()}: shape (size), from 0. */
  public int[] indices() {
    return indices.clone();
  }

  /** Gives the memory back to the loader, which reuses it. */
  @Override
  public void close() {
    if (open.close()) {
      giveBack.run();
    }
  }
}
