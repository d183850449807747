package io.graft.features;

import io.graft.data.BadImage;
import io.graft.data.LabeledImage;
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

  @Override
  public void close() {
    store.close();
  }
}
