package io.graft.features;

import static java.util.stream.Collectors.toSet;

import io.graft.data.BadImage;
import io.graft.data.LabeledImage;
import io.graft.data.LabeledImages;
import io.graft.nn.Precision;
import io.graft.runtime.BadDataException;
import io.graft.runtime.Progress;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.DoubleSupplier;
import java.util.function.IntSupplier;

/** What came of giving every picture of a set its row. */
public final class Extraction implements AutoCloseable {

  private final FeatureStore store;
  private final LabeledImages images;
  private final List<BadImage> skipped;
  private final Precision precision;
  private final IntSupplier computed;
  private final DoubleSupplier seconds;
  private final Progress progress;

  Extraction(
      FeatureStore store,
      LabeledImages images,
      List<BadImage> skipped,
      Precision precision,
      IntSupplier computed,
      DoubleSupplier seconds,
      Progress progress) {
    this.store =
        store
            .withLabelSets(images.labelSets())
            .within(progress, row -> images.images().get(row).path().toString());
    this.images = images;
    this.skipped = skipped;
    this.precision = precision;
    this.computed = computed;
    this.seconds = seconds;
    this.progress = progress;
  }

  /** The features, open; closed with this. */
  public FeatureStore store() {
    return store;
  }

  /** The pictures that have a row, in the order of the rows. */
  public List<LabeledImage> images() {
    return images.images();
  }

  /** How many files the rows are of; a file may have several views. */
  public int files() {
    return Math.toIntExact(images.images().stream().map(LabeledImage::path).distinct().count());
  }

  /** The files that could not be used, in their order, each once however many views it has. */
  public List<BadImage> skipped() {
    return skipped;
  }

  /** The arithmetic of the rows, kept ones included. */
  public Precision precision() {
    return precision;
  }

  /**
   * How long it took, decoding and writing included. Grows with each reading of rows that are kept
   * nowhere.
   */
  public double seconds() {
    return seconds.getAsDouble();
  }

  /**
   * How many rows were computed by this run. Grows when a stored row is read, found damaged, and
   * computed again, and with each reading of one that is kept nowhere.
   */
  public int rowsComputed() {
    return computed.getAsInt();
  }

  /** How many rows were there already: kept by an earlier run, or another picture's of this one. */
  public int rowsReused() {
    return store.isKept() ? store.rows() - rowsComputed() : 0;
  }

  /**
   * Some of the rows, none of them computed or read anew, usable until this is closed.
   *
   * @param rows which, in any order
   */
  public Extraction subset(int[] rows) {
    return new Extraction(
        store.subset(rows),
        images.only(Arrays.stream(rows).mapToObj(images.images()::get).toList()),
        List.of(),
        precision,
        () -> 0,
        () -> 0,
        progress);
  }

  /**
   * Checks that every class has a row.
   *
   * @param extracted what was extracted
   * @throws BadDataException if none of a class's images could be used
   */
  public void requireEveryClass(LabeledImages extracted) {
    Set<Integer> found = new HashSet<>();
    List<List<Integer>> classesOf = images.labelSets().sets();
    images().forEach(image -> found.addAll(classesOf.get(image.label())));
    for (int label = 0; label < extracted.classes().size(); label++) {
      if (!found.contains(label)) {
        throw new BadDataException(
            "Class '"
                + extracted.classes().get(label)
                + "' of "
                + extracted.source()
                + " is empty: "
                + reason(extracted, label)
                + ". Replace its images, or remove the class.");
      }
    }
  }

  private String reason(LabeledImages extracted, int label) {
    Set<Path> paths =
        extracted.images().stream()
            .filter(image -> extracted.classesOf(image).contains(label))
            .map(LabeledImage::path)
            .collect(toSet());
    return skipped.stream()
        .filter(bad -> paths.contains(bad.path()))
        .findFirst()
        .map(
            bad -> "none of its images can be used; the first: " + bad.path() + ": " + bad.reason())
        .orElse("it has no images");
  }

  @Override
  public void close() {
    store.close();
  }
}
