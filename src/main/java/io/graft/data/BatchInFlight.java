package io.graft.data;

import io.graft.image.BadImageException;
import io.graft.image.ImageDecoder;
import io.graft.image.InputSpec;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;

/** One batch while threads decode its images, each into its row of the buffer. */
final class BatchInFlight {

  private final List<LabeledImage> images;
  private final int[] order;
  private final int first;
  private final int size;
  private final ByteBuffer pixels;
  private final List<Future<Optional<BadImage>>> rows = new ArrayList<>();
  private final boolean[] bad;

  /** The images at {@code order[first]} to {@code order[first + size - 1]}. */
  BatchInFlight(List<LabeledImage> images, int[] order, int first, int size, ByteBuffer pixels) {
    this.images = images;
    this.order = order;
    this.first = first;
    this.size = size;
    this.pixels = pixels;
    this.bad = new boolean[size];
  }

  void start(ExecutorService executor, InputSpec inputSpec) {
    for (int row = 0; row < size; row++) {
      Path path = images.get(order[first + row]).path();
      ByteBuffer destination = pixels.slice(row * inputSpec.bytes(), inputSpec.bytes());
      rows.add(executor.submit(() -> decode(path, inputSpec, destination)));
    }
  }

  int size() {
    return size;
  }

  ByteBuffer pixels() {
    return pixels;
  }

  /** Waits for an image; empty if it was decoded. */
  Optional<BadImage> await(int row) throws InterruptedException, ExecutionException {
    Optional<BadImage> result = rows.get(row).get();
    bad[row] = result.isPresent();
    return result;
  }

  /**
   * Moves the images up to where bad ones were and sets the buffer's limit behind the last. All
   * rows have been awaited before.
   *
   * @return the positions of the remaining images
   */
  int[] closeGaps(int bytesPerImage) {
    int[] indices = new int[size];
    int kept = 0;
    for (int row = 0; row < size; row++) {
      if (!bad[row]) {
        if (kept < row) {
          pixels.put(kept * bytesPerImage, pixels, row * bytesPerImage, bytesPerImage);
        }
        indices[kept++] = order[first + row];
      }
    }
    pixels.position(0).limit(kept * bytesPerImage);
    return Arrays.copyOf(indices, kept);
  }

  private static Optional<BadImage> decode(Path path, InputSpec inputSpec, ByteBuffer destination) {
    try {
      inputSpec.write(ImageDecoder.read(path), destination);
      return Optional.empty();
    } catch (BadImageException e) {
      return Optional.of(new BadImage(path, e.getMessage()));
    } catch (OutOfMemoryError e) {
      // Never a reason to leave a picture out: the training set must not depend on the heap.
      throw new OutOfMemoryError(path + ": " + e.getMessage());
    } catch (RuntimeException e) {
      throw new IllegalStateException("Decoding " + path + " failed: " + e, e);
    }
  }
}
