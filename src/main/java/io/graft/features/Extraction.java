package io.graft.features;

import io.graft.data.BadImage;
import io.graft.data.LabeledImage;
import io.graft.data.LabeledImages;
import io.graft.nn.Precision;
import io.graft.runtime.BadDataException;
import java.util.List;
import java.util.function.IntSupplier;

/** What came of giving every picture of a set its row. */
public final class Extraction implements AutoCloseable {

  private final FeatureStore store;
  private final List<LabeledImage> images;
  private final List<BadImage> skipped;
  private final Precision precision;
  private final IntSupplier computed;
  private final double seconds;

  Extraction(
      FeatureStore store,
      List<LabeledImage> images,
      List<BadImage> skipped,
      Precision precision,
      IntSupplier computed,
      double seconds) {
    this.store = store;
    this.images = images;
    this.skipped = skipped;
    this.precision = precision;
    this.computed = computed;
    this.seconds = seconds;
  }

  /** The features, open; closed with this. */
  public FeatureStore store() {
    return store;
  }

  /** The pictures that have a row, in the order of the rows. */
  public List<LabeledImage> images() {
    return images;
  }

  /** The files that could not be used, in their order, each once however many views it has. */
  public List<BadImage> skipped() {
    return skipped;
  }

  /** The arithmetic of the rows, kept ones included. */
  public Precision precision() {
    return precision;
  }

  /** How long it took, decoding and writing included. */
  public double seconds() {
    return seconds;
  }

  /**
   * How many rows were computed by this run. Grows when a stored row is read, found damaged, and
   * computed again.
   */
  public int rowsComputed() {
    return computed.getAsInt();
  }

  /** How many rows were there already: kept by an earlier run, or another picture's of this one. */
  public int rowsReused() {
    return store.rows() - rowsComputed();
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
