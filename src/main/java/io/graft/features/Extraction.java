package io.graft.features;

import io.graft.data.BadImage;
import io.graft.data.LabeledImage;
import io.graft.data.LabeledImages;
import io.graft.runtime.BadDataException;
import java.util.List;

/**
 * What came of running the frozen part over a set of pictures.
 *
 * @param store the features, open; its owner closes it
 * @param images the pictures that have a row, in the order of the rows
 * @param skipped the pictures that could not be used
 * @param seconds how long it took, decoding and writing included
 */
public record Extraction(
    FeatureStore store, List<LabeledImage> images, List<BadImage> skipped, double seconds)
    implements AutoCloseable {

  Extraction withStore(FeatureStore opened) {
    return new Extraction(opened, images, skipped, seconds);
  }

  /** How many rows were computed by this run. */
  public int rowsComputed() {
    return images.size();
  }

  /** How many rows were found computed by an earlier run. */
  public int rowsReused() {
    return 0;
  }

  /**
   * Checks that every class has a row.
   *
   * @param images what was extracted
   * @throws BadDataException if none of a class's images could be used
   */
  public void requireEveryClass(LabeledImages images) {
    int[] counts = new int[images.classes().size()];
    for (int label : store.labels()) {
      counts[label]++;
    }
    for (int label = 0; label < counts.length; label++) {
      if (counts[label] == 0) {
        int empty = label;
        BadImage first =
            skipped.stream()
                .filter(
                    bad ->
                        images.images().stream()
                            .anyMatch(i -> i.label() == empty && i.path().equals(bad.path())))
                .findFirst()
                .orElseThrow();
        throw new BadDataException(
            "Class '"
                + images.classes().get(label)
                + "' of "
                + images.source()
                + " is empty: none of its images can be used; the first: "
                + first.path()
                + ": "
                + first.reason()
                + ". Replace its images, or remove the class.");
      }
    }
  }

  @Override
  public void close() {
    store.close();
  }
}
