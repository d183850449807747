package io.graft.data;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The pixels and labels of some images. It owns its memory until it is closed; an array that an
 * engine has made directly over {@link #pixels()} must not be used after that.
 */
public final class ImageBatch implements AutoCloseable {

  private final ByteBuffer pixels;
  private final int[] labels;
  private final int[] indices;
  private final Runnable giveBack;
  private final AtomicBoolean closed = new AtomicBoolean();

  /** Takes {@code pixels} from position 0 to its limit; {@code giveBack} runs once, on close. */
  ImageBatch(ByteBuffer pixels, int[] labels, int[] indices, Runnable giveBack) {
    this.pixels = pixels;
    this.labels = labels;
    this.indices = indices;
    this.giveBack = giveBack;
  }

  /**
   * The pixels: shape (size, height, width, 3), uint8, NHWC, RGB, 0 to 255. A new view of one
   * direct buffer in native byte order, at position 0, its limit behind the last image.
   *
   * @throws IllegalStateException if the batch is closed
   */
  public ByteBuffer pixels() {
    if (closed.get()) {
      throw new IllegalStateException("This batch is closed; its memory may hold another one");
    }
    return pixels.duplicate().order(pixels.order());
  }

  /** The number of images, at least one. */
  public int size() {
    return labels.length;
  }

  /** The class of each image: shape (size), int32, from 0. */
  public int[] labels() {
    return labels.clone();
  }

  /** The position of each image in {@link LabeledImages#images()}: shape (size), int32, from 0. */
  public int[] indices() {
    return indices.clone();
  }

  /** Gives the memory back to the loader, which fills it again. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      giveBack.run();
    }
  }
}
