package io.graft.features;

import io.graft.backbone.FrozenLayers;
import io.graft.backbone.Workers;
import io.graft.data.BadImage;
import io.graft.data.Batches;
import io.graft.data.ImageBatch;
import io.graft.data.ImageLoader;
import io.graft.data.LabeledImages;
import io.graft.data.LoaderOptions;
import io.graft.image.input.InputImages;
import io.graft.runtime.BadDataException;
import io.graft.runtime.Progress;
import io.graft.runtime.StoppedException;
import io.graft.tensors.TensorType;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * The images (views) of a set with their stored rows. Computes the missing rows. If a row is found
 * damaged when it is read, recomputes it.
 */
final class StoredImages {

  private static final int BATCHES_PER_WORKER = 2;

  private final LabeledImages images;
  private final ImageDigests digests;
  private final RowTable table;
  private final FrozenLayers frozen;
  private final LoaderOptions options;
  private final Progress progress;

  /** For each position of a digest, the number of images with that content. */
  private final int[] copies;

  private final Map<Path, String> badReasons = new HashMap<>();
  private final AtomicInteger computed = new AtomicInteger();

  /** For each row, the index of its image. */
  private int[] rows = {};

  StoredImages(
      LabeledImages images,
      ImageDigests digests,
      RowTable table,
      FrozenLayers frozen,
      LoaderOptions options,
      Progress progress) {
    this.images = images;
    this.digests = digests;
    this.table = table;
    this.frozen = frozen;
    this.options = options;
    this.progress = progress;
    this.copies = new int[digests.distinct().size()];
  }

  /** Computes every missing row. Returns the files that cannot be used, in the images' order. */
  List<BadImage> computeMissing() {
    int total = images.images().size();
    int[] firsts = new int[digests.distinct().size()];
    int[] missing = new int[firsts.length];
    int count = 0;
    int done = 0;
    for (int image = 0; image < total; image++) {
      int position = digests.position(image);
      boolean first = copies[position]++ == 0;
      firsts[position] = first ? image : firsts[position];
      if (table.has(position)) {
        done++;
      } else if (first) {
        missing[count++] = image;
      }
    }
    if (count > 0) {
      compute(Arrays.copyOf(missing, count), new Report(progress, done));
    } else {
      progress.advanced(Progress.Phase.EXTRACT, total, total);
    }
    List<BadImage> skipped = numberRows(firsts);
    if (rows.length == 0) {
      throw noneUsable(images, skipped.get(0));
    }
    return skipped;
  }

  static BadDataException noneUsable(LabeledImages images, BadImage first) {
    String message =
        ("None of the %s images in %s can be used; the first: %s: %s. Expected JPEG, PNG, GIF, BMP,"
                + " TIFF, WebP or PPM files.")
            .formatted(images.images().size(), images.source(), first.path(), first.reason());
    boolean fromTable = !Files.isDirectory(images.source());
    return fromTable && Files.notExists(first.path())
        ? new BadDataException(
            message
                + " Relative paths start at the folder of the table, unless another root of the"
                + " images is set.",
            "image-root")
        : new BadDataException(message);
  }

  /** Numbers the rows and returns the files without rows. */
  private List<BadImage> numberRows(int[] firsts) {
    Map<Path, BadImage> skipped = new LinkedHashMap<>();
    int[] found = new int[images.images().size()];
    int count = 0;
    for (int image = 0; image < found.length; image++) {
      int position = digests.position(image);
      if (table.has(position)) {
        found[count++] = image;
        continue;
      }
      String reason = badReasons.get(path(firsts[position]));
      BadImage bad = new BadImage(path(image), reason);
      boolean first = skipped.putIfAbsent(bad.path(), bad) == null;
      if (first && firsts[position] != image) {
        progress.skipped(bad.path(), bad.reason());
      }
    }
    rows = Arrays.copyOf(found, count);
    return List.copyOf(skipped.values());
  }

  /** Returns the images that have a row, in the order of the rows. */
  LabeledImages usable() {
    return only(rows);
  }

  /** Returns the SHA-256 of the file of each row, 32 bytes each. */
  ByteBuffer fileDigests() {
    return digests.ofFiles(rows);
  }

  private LabeledImages only(int[] chosen) {
    return images.only(Arrays.stream(chosen).mapToObj(images.images()::get).toList());
  }

  /** Returns the number of computed rows. */
  int computed() {
    return computed.get();
  }

  /** Returns the rows. Closing them runs {@code atClose}. */
  RowSource closing(Runnable atClose) {
    return new RowSource() {
      @Override
      public void read(int row, ByteBuffer destination) {
        if (!table.read(digests.position(rows[row]), destination)) {
          repair(rows[row], destination);
        }
      }

      @Override
      public void close() {
        atClose.run();
      }
    };
  }

  /** Recomputes a damaged row and reads it. */
  private synchronized void repair(int image, ByteBuffer destination) {
    int position = digests.position(image);
    if (table.read(position, destination)) {
      // Another thread has recomputed the row meanwhile.
      return;
    }
    if (table.has(position)) {
      progress.note("The stored row of " + path(image) + " is damaged; it is recomputed.");
      table.discard(position);
    }
    compute(new int[] {image}, new Report(Progress.NONE, 0));
    if (!table.read(position, destination)) {
      throw new BadDataException(
          ("The stored row of %s is damaged, and the image can no longer be read: %s. Put the image"
                  + " back and run again.")
              .formatted(path(image), badReasons.get(path(image))));
    }
  }

  /** Computes the rows of images of distinct content and waits until they are on the disk. */
  private void compute(int[] chosen, Report report) {
    Consumer<BadImage> onSkipped =
        image -> {
          badReasons.put(image.path(), image.reason());
          report.skipped(image);
        };
    int batches = (chosen.length + options.batchSize() - 1) / options.batchSize();
    TensorType type = table.key().type();
    InputImages.sayAbsence(progress::detail);
    try (ShardAppender appender = new ShardAppender(table, chosen.length);
        Workers workers = frozen.workers(batches, progress);
        Batches read =
            new ImageLoader(
                    only(chosen),
                    frozen.input(),
                    options.withPrefetchBatches(BATCHES_PER_WORKER * workers.count()),
                    onSkipped)
                .batches()) {
      while (read.hasNext()) {
        ImageBatch batch = read.next();
        int[] positions = positions(batch, chosen);
        workers.submit(
            batch.pixels(),
            batch.size(),
            type,
            (first, count, features) -> {
              int[] some = Arrays.copyOfRange(positions, first, first + count);
              appender.append(some, StoredRows.checked(features, type).values());
              computed.addAndGet(count);
            },
            () -> {
              batch.close();
              report.done(positions);
            });
        StoppedException.throwIfRequested(
            report.progress, "features were extracted; the finished ones are kept");
      }
      workers.finish();
    }
  }

  /** Returns the positions of the digests of a batch's images. */
  private int[] positions(ImageBatch batch, int[] chosen) {
    int[] positions = batch.indices();
    for (int i = 0; i < positions.length; i++) {
      int image = chosen[positions[i]];
      if (!digests.isUnchanged(image)) {
        // Otherwise the row would be stored under the digest of other content.
        throw new BadDataException(
            ("The image %s was changed while it was read. Expected images that stay the same during"
                    + " a run. Run again when no program writes them.")
                .formatted(path(image)));
      }
      positions[i] = digests.position(image);
    }
    return positions;
  }

  /** Returns the number of images that are views of a file or have the content of such a view. */
  private int withoutRow(Path file) {
    return IntStream.range(0, images.images().size())
        .filter(image -> path(image).equals(file))
        .map(digests::position)
        .distinct()
        .map(position -> copies[position])
        .sum();
  }

  private Path path(int image) {
    return images.images().get(image).path();
  }

  /** Counts the images for the progress report. */
  private final class Report {
    private final Progress progress;
    private int done;
    private int total = images.images().size();

    Report(Progress progress, int done) {
      this.progress = progress;
      this.done = done;
    }

    void done(int[] positions) {
      for (int position : positions) {
        done += copies[position];
      }
      progress.advanced(Progress.Phase.EXTRACT, done, total);
    }

    void skipped(BadImage image) {
      total -= withoutRow(image.path());
      progress.skipped(image.path(), image.reason());
    }
  }
}
