package io.graft.features;

import io.graft.data.Batches;
import io.graft.data.ImageBatch;
import io.graft.data.ImageLoader;
import io.graft.data.LabeledImage;
import io.graft.data.LabeledImages;
import io.graft.data.LoaderOptions;
import io.graft.data.OnBadImage;
import io.graft.data.View;
import io.graft.image.InputSpec;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A few pictures of a set, spread evenly over it, decoded: the same ones for the same set, however
 * many views of each are in it. Views are sampled as the plain pictures that they are of.
 *
 * @param pixels uint8 RGB in NHWC order, direct
 * @param rows how many; 0 if none of those chosen can be decoded
 */
public record SamplePictures(ByteBuffer pixels, int rows) {

  /**
   * Decodes pictures.
   *
   * @param images what to choose from, at least one
   * @param most how many at most
   */
  public static SamplePictures of(LabeledImages images, InputSpec input, int most) {
    List<LabeledImage> all = images.images();
    int count = Math.min(most, all.size());
    List<LabeledImage> chosen =
        IntStream.range(0, count)
            .mapToObj(i -> all.get((int) ((long) i * all.size() / count)))
            .map(image -> image.withView(View.PLAIN))
            .distinct()
            .toList();
    ByteBuffer pixels = ByteBuffer.allocateDirect(chosen.size() * input.bytes());
    LoaderOptions options =
        LoaderOptions.defaults().withBatchSize(chosen.size()).withOnBadImage(OnBadImage.SKIP);
    ImageLoader loader = new ImageLoader(images.only(chosen), input, options, bad -> {});
    int rows = 0;
    try (Batches batches = loader.batches()) {
      while (batches.hasNext()) {
        try (ImageBatch batch = batches.next()) {
          pixels.put(batch.pixels());
          rows += batch.size();
        }
      }
    }
    return new SamplePictures(pixels.flip(), rows);
  }
}
