package io.graft.features;

import io.graft.backbone.SampleImages;
import io.graft.data.LabeledImage;
import io.graft.data.LabeledImages;
import io.graft.data.View;
import io.graft.image.BadImageException;
import io.graft.image.InputSpec;
import io.graft.image.input.InputImages;
import io.graft.runtime.Progress;
import io.graft.runtime.Sha256;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Chooses the images whose files have the smallest SHA-256. So the sample does not depend on file
 * names, folders, splits or stored features. Adding a few images seldom changes the sample.
 */
public final class ImageSample {

  private ImageSample() {}

  /**
   * Chooses and decodes a sample of images, without their views. If a file cannot be decoded, the
   * next one replaces it.
   *
   * @param sets the sets of images, from which one common sample is chosen
   * @param cache the cache that keeps the digests of files
   * @param most the largest number of images
   */
  public static SampleImages of(
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
    int rows = 0;
    InputImages inputs = new InputImages(input);
    while (rows < count && smallestFirst.hasNext()) {
      int position = smallestFirst.next();
      try {
        inputs.write(images.get(imageOf[position]).path(), pixels);
        distinct.get(position, digest.clear());
        all.add(digest.flip());
        rows++;
      } catch (BadImageException e) {
        // The extraction reports the file later.
      }
    }
    return new SampleImages(all.hex(), pixels.flip(), rows);
  }
}
