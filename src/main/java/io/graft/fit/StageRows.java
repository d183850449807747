package io.graft.fit;

import io.graft.data.LabeledImage;
import io.graft.data.LabeledImages;
import io.graft.data.Split;
import io.graft.data.Views;
import io.graft.features.Extraction;
import io.graft.features.FeatureExtractor;
import io.graft.nn.FreezeBoundary;
import io.graft.recipe.FitOptions;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Progress;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/**
 * The features that one stage of a fit trains on.
 *
 * @param boundary the freeze boundary of the stage
 * @param frozen the frozen layers before the boundary
 * @param train the features of the training images; {@link #close} closes them
 * @param validation the features of the validation images; {@link #close} closes them
 */
record StageRows(
    FreezeBoundary boundary,
    PlannedBackbone.Planned frozen,
    Extraction train,
    Optional<Extraction> validation)
    implements AutoCloseable {

  /**
   * Plans the frozen layers and extracts the features of all images.
   *
   * @throws io.graft.runtime.BadDataException if a class has no usable image
   */
  static StageRows extract(
      PlannedBackbone backbone, FitTask task, FreezeBoundary boundary, Progress progress) {
    PlannedBackbone.Planned frozen = backbone.plan(boundary.frozen(), task.all(), progress);
    FitOptions options = task.options();
    FeatureExtractor extractor =
        new FeatureExtractor(frozen.layers(), backbone.cache(), options.onBadImage(), progress);
    Views views = options.views();
    LabeledImages images = task.images();
    Extraction train =
        views.isFresh()
            ? extractor.extract(images, task.rowType(), views.augmentation(), options.seed())
            : extractor.extract(
                images.withViews(views.augmentation(), views.perImage(), options.seed()),
                task.rowType());
    try {
      train.requireEveryClass(images);
      Optional<Extraction> validation =
          task.validation().map(other -> extractor.extract(other, task.rowType()));
      return new StageRows(boundary, frozen, train, validation);
    } catch (RuntimeException | Error e) {
      train.close();
      throw e;
    }
  }

  /**
   * Splits the training rows into training and validation rows, which are usable until these rows
   * are closed. Augmented views are left out of the validation rows.
   *
   * @param split the split of the training images
   */
  StageRows split(Split split) {
    Set<LabeledImage> trains = new HashSet<>(split.train().images());
    Set<LabeledImage> validates = new HashSet<>(split.validation().images());
    return new StageRows(
        boundary,
        frozen,
        subset(trains::contains),
        Optional.of(subset(image -> validates.contains(image) && image.view().isPlain())));
  }

  private Extraction subset(Predicate<LabeledImage> chosen) {
    List<LabeledImage> images = train.images();
    return train.subset(
        IntStream.range(0, images.size()).filter(row -> chosen.test(images.get(row))).toArray());
  }

  /** Checks that each stage trains all layers of the stage before it. */
  static void requireOpening(List<FreezeBoundary> boundaries) {
    for (int i = 1; i < boundaries.size(); i++) {
      if (boundaries.get(i).index() > boundaries.get(i - 1).index()) {
        throw new InvalidOptionException(
            ("Stage %s freezes layers that the stage before it trains. Expected each stage to train"
                    + " at least the layers of the stage before it, such as the head and then"
                    + " block5.")
                .formatted(i + 1));
      }
    }
  }

  /** Returns the sum of a count over the training and the validation images. */
  int sum(ToIntFunction<Extraction> count) {
    return count.applyAsInt(train) + validation.map(count::applyAsInt).orElse(0);
  }

  /** Returns how long the extraction took. */
  double seconds() {
    return train.seconds() + validation.map(Extraction::seconds).orElse(0.0);
  }

  @Override
  public void close() {
    validation.ifPresent(Extraction::close);
    train.close();
  }
}
