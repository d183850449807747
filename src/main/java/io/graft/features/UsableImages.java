package io.graft.features;

import io.graft.data.BadImage;
import io.graft.data.Batches;
import io.graft.data.ImageBatch;
import io.graft.data.ImageLoader;
import io.graft.data.LabeledImage;
import io.graft.data.LabeledImages;
import io.graft.data.LoaderOptions;
import io.graft.data.OnBadImage;
import io.graft.image.InputSpec;
import io.graft.runtime.BadDataException;
import io.graft.runtime.Progress;
import io.graft.runtime.StoppedException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/** Finds the pictures that can be decoded, for rows that are kept nowhere. */
final class UsableImages {

  private UsableImages() {}

  /**
   * Decodes every picture once.
   *
   * @param skipped given each file that cannot be used
   * @param progress told the same, and how far it is
   * @throws BadDataException if there is none, or one is bad and that is to fail
   */
  static LabeledImages of(
      LabeledImages images,
      InputSpec input,
      OnBadImage onBadImage,
      Consumer<BadImage> skipped,
      Progress progress) {
    List<LabeledImage> usable = new ArrayList<>();
    List<BadImage> bad = new ArrayList<>();
    ImageLoader loader =
        new ImageLoader(
            images,
            input,
            LoaderOptions.defaults().withOnBadImage(onBadImage),
            image -> {
              bad.add(image);
              skipped.accept(image);
              progress.skipped(image.path(), image.reason());
            });
    try (Batches batches = loader.batches()) {
      while (batches.hasNext()) {
        try (ImageBatch batch = batches.next()) {
          Arrays.stream(batch.indices()).mapToObj(images.images()::get).forEach(usable::add);
          progress.advanced(
              Progress.Phase.CHECK, usable.size(), images.images().size() - bad.size());
        }
        StoppedException.throwIfRequested(progress, "images were looked at");
      }
    }
    if (usable.isEmpty()) {
      throw StoredImages.noneUsable(images, bad.get(0));
    }
    return images.only(usable);
  }
}
