package io.graft;

import io.graft.data.LabeledImage;
import io.graft.data.Split;
import io.graft.features.Extraction;
import io.graft.nn.FreezeBoundary;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * What one stage of a fit is trained on.
 *
 * @param boundary where the network is cut
 * @param frozen the layers before it
 * @param train what they gave for the training images, open; closed with this
 * @param validation what they gave for the validation images, likewise; empty without
 */
record StageRows(
    FreezeBoundary boundary,
    PlannedBackbone.Planned frozen,
    Extraction train,
    Optional<Extraction> validation)
    implements AutoCloseable {

  /**
   * The training rows in two parts, usable until this is closed. Only plain pictures validate, also
   * where training draws its views anew in each epoch.
   *
   * @param split of the training images
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

  @Override
  public void close() {
    validation.ifPresent(Extraction::close);
    train.close();
  }
}
