package io.graft.data;

import io.graft.image.BadImageException;
import io.graft.image.input.InputImages;
import io.graft.image.input.OpenImage;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.function.IntFunction;

/**
 * A batch whose images are being decoded by several threads. Each image has its place in the
 * buffer. Consecutive views of one file are made from a single decoded image.
 */
final class BatchInFlight {

  private final int[] positions;
  private final List<LabeledImage> images;
  private final ByteBuffer pixels;
  private final List<Future<Optional<BadImage>>> decoded = new ArrayList<>();
  private final boolean[] bad;

  /** Creates a batch of the images at the given positions. Fills {@code pixels} from byte 0. */
  BatchInFlight(int[] positions, IntFunction<LabeledImage> image, ByteBuffer pixels) {
    this.positions = positions;
    this.images = Arrays.stream(positions).mapToObj(image).toList();
    this.pixels = pixels;
    this.bad = new boolean[positions.length];
  }

  void start(ExecutorService executor, InputImages inputs) {
    int bytes = inputs.spec().bytes();
    int end;
    for (int first = 0; first < images.size(); first = end) {
      end = endOfFile(first);
      List<LabeledImage> views = images.subList(first, end);
      ByteBuffer destination = pixels.slice(first * bytes, views.size() * bytes);
      Future<Optional<BadImage>> file = executor.submit(() -> decode(views, inputs, destination));
      decoded.addAll(Collections.nCopies(views.size(), file));
    }
  }

  /** Returns the index after the last view of the same file. */
  private int endOfFile(int first) {
    int end = first + 1;
    while (end < images.size() && images.get(end).sharesFileWith(images.get(first))) {
      end++;
    }
    return end;
  }

  int size() {
    return positions.length;
  }

  ByteBuffer pixels() {
    return pixels;
  }

  /** Waits until an image is decoded. Returns empty on success, or else the bad image. */
  Optional<BadImage> await(int index) throws InterruptedException, ExecutionException {
    Optional<BadImage> result = decoded.get(index).get();
    bad[index] = result.isPresent();
    return result;
  }

  /**
   * Moves images into the places of bad ones and sets the buffer's limit after the last image. Call
   * it after awaiting all images. Returns the positions of the remaining images.
   */
  int[] closeGaps(int bytesPerImage) {
    int[] indices = new int[positions.length];
    int kept = 0;
    for (int i = 0; i < positions.length; i++) {
      if (!bad[i]) {
        if (kept < i) {
          pixels.put(kept * bytesPerImage, pixels, i * bytesPerImage, bytesPerImage);
        }
        indices[kept++] = positions[i];
      }
    }
    pixels.position(0).limit(kept * bytesPerImage);
    return Arrays.copyOf(indices, kept);
  }

  private static Optional<BadImage> decode(
      List<LabeledImage> views, InputImages inputs, ByteBuffer destination) {
    Path path = views.get(0).path();
    try (OpenImage image = inputs.open(path)) {
      boolean plain = views.stream().allMatch(one -> one.view().isPlain());
      long content = plain ? 0 : View.digest(image.content());
      for (LabeledImage one : views) {
        image.add(one.view().augmentation(), one.view().random(content));
      }
      image.write(destination);
      return Optional.empty();
    } catch (BadImageException e) {
      return Optional.of(BadImage.of(path, e));
    } catch (OutOfMemoryError e) {
      // This is not a bad image: the training set must not depend on the size of the heap.
      throw new OutOfMemoryError(path + ": " + e.getMessage());
    } catch (RuntimeException e) {
      throw new IllegalStateException("Decoding " + path + " failed: " + e, e);
    }
  }
}
