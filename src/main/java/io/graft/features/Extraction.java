package io.graft.features;

import static java.util.stream.Collectors.toSet;

import io.graft.data.BadImage;
import io.graft.data.LabeledImage;
import io.graft.data.LabeledImages;
import io.graft.image.Decode;
import io.graft.nn.Precision;
import io.graft.runtime.BadDataException;
import io.graft.runtime.OpenState;
import io.graft.runtime.Progress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.DoubleSupplier;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/** The result of extracting the features of a set of images. */
public final class Extraction implements AutoCloseable {

  private final FeatureStore store;
  private final LabeledImages images;
  private final List<BadImage> skipped;
  private final Precision precision;
  private final Decode decode;
  private final IntSupplier computed;
  private final DoubleSupplier seconds;
  private final Progress progress;
  private final OpenState open = new OpenState(Extraction.class);

  /** The SHA-256 of each row's file; by default the files are read. */
  private Supplier<ByteBuffer> fileDigests;

  Extraction(
      FeatureStore store,
      LabeledImages images,
      List<BadImage> skipped,
      Precision precision,
      Decode decode,
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
    this.decode = decode;
    this.computed = computed;
    this.seconds = seconds;
    this.progress = progress;
    this.fileDigests =
        () -> ImageDigests.of(images.images(), FeatureCache.off(), progress).ofFiles();
  }

  /** Sets where the SHA-256 of each row's file comes from; 32 bytes per row. */
  Extraction withFileDigests(Supplier<ByteBuffer> known) {
    fileDigests = known;
    return this;
  }

  /** Returns the contents of the files that have rows. */
  public ContentDigests contents() {
    return ContentDigests.of(fileDigests.get());
  }

  /** Returns the number of rows whose files have one of the given contents. */
  public int countIn(ContentDigests known) {
    return known.count(fileDigests.get());
  }

  /** Returns the features. Closing this extraction closes them. */
  public FeatureStore store() {
    open.require();
    return store;
  }

  /** Returns the images that have a row, in the order of the rows. */
  public List<LabeledImage> images() {
    return images.images();
  }

  /** Returns the number of files that have rows; a file may have several views. */
  public int files() {
    return Math.toIntExact(images.images().stream().map(LabeledImage::path).distinct().count());
  }

  /** Returns the files that could not be used, each once, in the order of the images. */
  public List<BadImage> skipped() {
    return skipped;
  }

  /** Returns the precision in which the rows were computed, in this run or an earlier one. */
  public Precision precision() {
    return precision;
  }

  /** Returns how the JPEG files were decoded, exact or fast, in this run or an earlier one. */
  public Decode decode() {
    return decode;
  }

  /**
   * Returns how long the extraction took, in seconds, including decoding and writing. The time
   * grows when a row that is not kept is read.
   */
  public double seconds() {
    return seconds.getAsDouble();
  }

  /**
   * Returns the number of rows that this run has computed. The number grows when a damaged stored
   * row is recomputed, and when a row that is not kept is read.
   */
  public int rowsComputed() {
    return computed.getAsInt();
  }

  /** Returns how many rows come from an earlier run or from another image of equal content. */
  public int rowsReused() {
    return store.isKept() ? store.rows() - rowsComputed() : 0;
  }

  /**
   * Returns the given rows as an extraction, without computing or reading any. The result is usable
   * until this extraction is closed.
   *
   * @param rows the indices of the rows, in any order
   */
  public Extraction subset(int[] rows) {
    open.require();
    return new Extraction(
            store.subset(rows),
            images.only(Arrays.stream(rows).mapToObj(images.images()::get).toList()),
            List.of(),
            precision,
            decode,
            () -> 0,
            () -> 0,
            progress)
        .withFileDigests(() -> digestsOf(rows));
  }

  private ByteBuffer digestsOf(int[] rows) {
    ByteBuffer all = fileDigests.get();
    ByteBuffer chosen =
        ByteBuffer.allocate(Math.multiplyExact(rows.length, DigestIndex.DIGEST_BYTES));
    for (int row : rows) {
      chosen.put(all.slice(row * DigestIndex.DIGEST_BYTES, DigestIndex.DIGEST_BYTES));
    }
    return chosen.flip();
  }

  /**
   * Checks that every class has a row.
   *
   * @param extracted all images of the extraction, with those that were skipped
   * @throws BadDataException if a class has no usable image
   */
  public void requireEveryClass(LabeledImages extracted) {
    Set<Integer> found = new HashSet<>();
    List<List<Integer>> sets = images.labelSets().sets();
    images().forEach(image -> found.addAll(sets.get(image.label())));
    for (int label = 0; label < extracted.classes().size(); label++) {
      if (!found.contains(label)) {
        throw new BadDataException(
            "Class '%s' of %s is empty: %s. Replace its images, or remove the class."
                .formatted(
                    extracted.classes().get(label), extracted.source(), reason(extracted, label)));
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
    open.close();
    store.close();
  }

  @Override
  public String toString() {
    return "Extraction[%s rows, %s computed, %s files skipped]"
        .formatted(store.rows(), rowsComputed(), skipped.size());
  }
}
