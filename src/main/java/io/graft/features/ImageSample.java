package io.graft.features;

import io.graft.backbone.SampleImages;
import io.graft.data.LabeledImage;
import io.graft.data.LabeledImages;
import io.graft.data.View;
import io.graft.image.Augmentation;
import io.graft.image.BadImageException;
import io.graft.image.InputSpec;
import io.graft.image.input.InputImages;
import io.graft.image.input.OpenImage;
import io.graft.runtime.BadDataException;
import io.graft.runtime.Progress;
import io.graft.runtime.Sha256;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Chooses the images whose files have the smallest SHA-256. So the sample does not depend on file
 * names, folders, splits or stored features. Adding a few images seldom changes the sample.
 */
public final class ImageSample {

  private final SampleImages images;
  private final List<Path> files;
  private final boolean large;

  private ImageSample(SampleImages images, List<Path> files, boolean large) {
    this.images = images;
    this.files = files;
    this.large = large;
  }

  /**
   * Chooses and decodes a sample of images, without their views. If a file cannot be decoded, the
   * next one replaces it.
   *
   * @param sets the sets of images, from which one common sample is chosen
   * @param cache the cache that keeps the digests of files
   * @param most the largest number of images
   */
  public static ImageSample of(
      List<LabeledImages> sets, FeatureCache cache, InputSpec input, int most, Progress progress) {
    List<LabeledImage> images =
        sets.stream()
            .flatMap(set -> set.images().stream())
            .map(image -> image.withView(View.PLAIN))
            .toList();
    ImageDigests digests = ImageDigests.of(images, cache, progress);
    DigestIndex distinct = digests.distinct();
    int[] imageOf = new int[distinct.size()];
    for (int image = 0; image < images.size(); image++) {
      imageOf[digests.position(image)] = image;
    }
    Iterator<Integer> smallestFirst =
        IntStream.range(0, distinct.size()).boxed().sorted(distinct::compare).iterator();
    int count = Math.min(most, distinct.size());
    ByteBuffer pixels = ByteBuffer.allocateDirect(Math.multiplyExact(count, input.bytes()));
    ByteBuffer digest = ByteBuffer.allocate(DigestIndex.DIGEST_BYTES);
    Sha256 all = new Sha256();
    InputImages inputs = new InputImages(input);
    List<Path> files = new ArrayList<>();
    boolean large = false;
    while (files.size() < count && smallestFirst.hasNext()) {
      int position = smallestFirst.next();
      Path file = images.get(imageOf[position]).path();
      try {
        large |= write(file, inputs, pixels);
        distinct.get(position, digest.clear());
        all.add(digest.flip());
        files.add(file);
      } catch (BadImageException e) {
        // The extraction reports the file later.
      }
    }
    return new ImageSample(
        new SampleImages(all.hex(), pixels.flip(), files.size()), List.copyOf(files), large);
  }

  /** Returns the images of the sample. */
  public SampleImages images() {
    return images;
  }

  /** Returns whether fast decoding decodes an image of the sample at a smaller size. */
  public boolean isLarge() {
    return large;
  }

  /** Returns the images of the sample as another input, such as one that decodes fast. */
  public SampleImages images(InputSpec input) {
    InputImages inputs = new InputImages(input);
    ByteBuffer pixels = ByteBuffer.allocateDirect(images.pixels().capacity());
    for (Path file : files) {
      try {
        write(file, inputs, pixels);
      } catch (BadImageException e) {
        throw new BadDataException(
            "The image %s was changed while it was read: %s. Expected images that stay the same during a run. Run again when no program writes them."
                .formatted(file, e.getMessage()));
      }
    }
    return new SampleImages(images.digest(), pixels.flip(), images.rows());
  }

  /** Writes an image, and returns whether fast decoding decodes it at a smaller size. */
  private static boolean write(Path file, InputImages inputs, ByteBuffer pixels)
      throws BadImageException {
    try (OpenImage image = inputs.open(file)) {
      image.add(Augmentation.NONE, 0);
      image.write(pixels);
      return image.isLarge();
    }
  }
}
