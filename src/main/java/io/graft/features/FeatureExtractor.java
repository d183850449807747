package io.graft.features;

import io.graft.backbone.FrozenLayers;
import io.graft.data.BadImage;
import io.graft.data.LabeledImage;
import io.graft.data.LabeledImages;
import io.graft.data.LoaderOptions;
import io.graft.data.OnBadImage;
import io.graft.data.View;
import io.graft.image.Augmentation;
import io.graft.runtime.BadDataException;
import io.graft.runtime.DecimalText;
import io.graft.runtime.DurableFiles;
import io.graft.runtime.OutputException;
import io.graft.runtime.Progress;
import io.graft.tensors.TensorType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import java.util.function.IntSupplier;
import java.util.function.LongFunction;

/**
 * Extracts the features of images: takes rows from a cache, computes the missing rows with the
 * frozen layers, and keeps them in the cache. Images of equal content share a row.
 */
public final class FeatureExtractor {

  private final FrozenLayers frozen;
  private FeatureCache cache;
  private final OnBadImage onBadImage;
  private final Progress progress;

  /**
   * Creates an extractor.
   *
   * @param frozen the frozen layers; the caller must close them after the extractions
   * @param cache the cache that keeps the rows
   * @throws OutputException if the named folder of the cache cannot be written
   */
  public FeatureExtractor(
      FrozenLayers frozen, FeatureCache cache, OnBadImage onBadImage, Progress progress) {
    this.frozen = frozen;
    this.cache = cache.requireUsable(progress::note);
    this.onBadImage = onBadImage;
    this.progress = progress;
  }

  /**
   * Extracts rows and keeps them. If the missing rows need more room than the cache allows, or if
   * no layer is frozen, rows are not kept. They are then recomputed whenever they are read, with
   * equal values.
   *
   * @param type the element type of the rows, float16 or float32; ignored if no layer is frozen,
   *     because the type is then float32
   * @throws OutputException if the cache cannot be used or has too little room
   * @throws BadDataException if no image can be used, if one cannot be used and {@link
   *     OnBadImage#FAIL} is set, or if one changes during the extraction
   */
  public Extraction extract(LabeledImages images, TensorType type) {
    if (frozen.network().layers().isEmpty()) {
      return computing(images, TensorType.F32, Optional.empty());
    }
    long start = System.nanoTime();
    ImageDigests digests = ImageDigests.of(images.images(), cache, progress);
    digests.remarks().forEach(progress::note);
    return keeping(images, type, start, digests);
  }

  /**
   * Extracts rows that are not kept. Every epoch computes them from new views of the images.
   *
   * @param type the element type of the rows; see {@link #extract(LabeledImages, TensorType)}
   */
  public Extraction extract(
      LabeledImages images, TensorType type, Augmentation augmentation, long seed) {
    LongFunction<View> fresh = epoch -> new View(augmentation, seed, Math.toIntExact(epoch));
    return computing(
        images, frozen.network().layers().isEmpty() ? TensorType.F32 : type, Optional.of(fresh));
  }

  /**
   * Extracts rows into a file for other tools; see {@link FeatureFile}.
   *
   * @param type the element type of the rows, float16 or float32
   * @param texts texts to keep with the rows, besides those that describe the images
   * @return the rows of the file, which the caller must close
   * @throws OutputException if the file cannot be written; no part of it is left
   */
  public Extraction extractTo(
      FeatureFile file, LabeledImages images, TensorType type, Map<String, String> texts) {
    long start = System.nanoTime();
    file.requireWritable((long) images.images().size() * StoreKey.of(frozen, type).rowBytes());
    try (Extraction rows = extract(images, type)) {
      file.write(images, rows, texts);
      double seconds = (System.nanoTime() - start) / 1e9;
      return new Extraction(
          file.open(rows.store()),
          images.only(rows.images()),
          rows.skipped(),
          rows.precision(),
          rows.decode(),
          rows::rowsComputed,
          () -> seconds,
          progress);
    }
  }

  /** Extracts rows into a safetensors file. */
  Extraction extractTo(
      Path file, LabeledImages images, TensorType type, Map<String, String> texts) {
    return extractTo(new FeatureFile(file, FeatureFile.Format.SAFETENSORS), images, type, texts);
  }

  /** Extracts float16 rows; see {@link #extract(LabeledImages, TensorType)}. */
  public Extraction extract(LabeledImages images) {
    return extract(images, TensorType.F16);
  }

  private Extraction computing(
      LabeledImages images, TensorType type, Optional<LongFunction<View>> fresh) {
    long start = System.nanoTime();
    List<BadImage> skipped = new ArrayList<>();
    LabeledImages usable =
        ComputedRows.usable(images, frozen.input(), onBadImage, skipped::add, progress);
    ComputedRows rows = new ComputedRows(usable, frozen, type, fresh);
    double seconds = (System.nanoTime() - start) / 1e9;
    return extraction(
            rows,
            type,
            usable,
            List.copyOf(skipped),
            rows::computed,
            () -> seconds + rows.seconds())
        .withFileDigests(() -> ImageDigests.of(usable.images(), cache, progress).ofFiles());
  }

  private Extraction extraction(
      RowSource rows,
      TensorType type,
      LabeledImages usable,
      List<BadImage> skipped,
      IntSupplier computed,
      DoubleSupplier seconds) {
    int[] labels = usable.images().stream().mapToInt(LabeledImage::label).toArray();
    FeatureStore store = new FeatureStore(rows, type, frozen.network().outputShape(), labels);
    return new Extraction(
        store,
        usable,
        skipped,
        frozen.plan().precision(),
        frozen.input().decode(),
        computed,
        seconds,
        progress);
  }

  private Extraction keeping(
      LabeledImages images, TensorType type, long start, ImageDigests digests) {
    StoreKey key = StoreKey.of(frozen, type);
    Optional<Path> temporary = cache.keeps() ? Optional.empty() : temporaryFolder();
    boolean extracted = false;
    try {
      Optional<KeyFolder> aside = temporary.map(root -> new KeyFolder(root, key));
      KeyFolder kept = cache.folder().map(root -> new KeyFolder(root, key)).or(() -> aside).get();
      RowTable table = new RowTable(kept, digests.distinct(), aside, progress);
      long missing = (long) table.missing() * key.rowBytes();
      Optional<String> obstacle =
          missing == 0 ? Optional.empty() : aside.orElse(kept).obstacle(missing);
      if (missing > cache.maxBytes() || (obstacle.isPresent() && !cache.keeps())) {
        progress.note(
            "Features at %s would take %s, more than the %s: every epoch recomputes them."
                .formatted(
                    key.fields().get(StoreKey.BOUNDARY),
                    DecimalText.bytes(missing),
                    missing > cache.maxBytes()
                        ? DecimalText.bytes(cache.maxBytes()) + " allowed"
                        : "temporary folder has room for"));
        return computing(images, type, Optional.empty());
      } else if (obstacle.isPresent()) {
        cache = cache.withoutKeeping(obstacle.get(), progress::note);
        return keeping(images, type, start, digests);
      }
      LoaderOptions options =
          LoaderOptions.defaults()
              .withBatchSize(frozen.plan().microBatch())
              .withOnBadImage(onBadImage);
      StoredImages stored = new StoredImages(images, digests, table, frozen, options, progress);
      List<BadImage> skipped = stored.computeMissing();
      // Deletes the files now, because mapped files need no name. So even a killed process leaves
      // no files.
      temporary.ifPresent(DurableFiles::deleteQuietly);
      RowSource rows = stored.closing(() -> temporary.ifPresent(DurableFiles::removeTemporary));
      double seconds = (System.nanoTime() - start) / 1e9;
      extracted = true;
      return extraction(rows, type, stored.usable(), skipped, stored::computed, () -> seconds)
          .withFileDigests(stored::fileDigests);
    } finally {
      if (!extracted) {
        temporary.ifPresent(DurableFiles::removeTemporary);
      }
    }
  }

  private static Optional<Path> temporaryFolder() {
    try {
      return Optional.of(DurableFiles.temporaryFolder("graft-features-"));
    } catch (IOException e) {
      throw OutputException.ofTemporaryFolder(e);
    }
  }
}
