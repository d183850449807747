package io.graft.features;

import io.graft.backbone.FrozenLayers;
import io.graft.backbone.Workers;
import io.graft.data.BadImage;
import io.graft.data.Batches;
import io.graft.data.ImageBatch;
import io.graft.data.ImageLoader;
import io.graft.data.LabeledImage;
import io.graft.data.LabeledImages;
import io.graft.data.LoaderOptions;
import io.graft.runtime.BadDataException;
import io.graft.runtime.Progress;
import io.graft.runtime.StoppedException;
import io.graft.tensors.TensorType;
import java.nio.ByteBuffer;
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
 * The pictures of one set, each view one of its own, and their rows in a table. A row that is not
 * there is computed; so is one that turns out to be damaged when it is read, which its reader does
 * not notice.
 */
final class StoredImages {

  private final LabeledImages images;
  private final ImageDigests digests;
  private final RowTable table;
  private final FrozenLayers prefix;
  private final LoaderOptions options;
  private final Progress progress;

  /** By position of a digest: how many pictures have that content. */
  private final int[] pictures;

  private final Map<Path, String> badReasons = new HashMap<>();
  private final AtomicInteger computed = new AtomicInteger();

  /** By row: the picture. */
  private int[] rows = {};

  StoredImages(
      LabeledImages images,
      ImageDigests digests,
      RowTable table,
      FrozenLayers prefix,
      LoaderOptions options,
      Progress progress) {
    this.images = images;
    this.digests = digests;
    this.table = table;
    this.prefix = prefix;
    this.options = options;
    this.progress = progress;
    this.pictures = new int[digests.distinct().size()];
  }

  /**
   * Computes every row that is not there.
   *
   * @return the files that cannot be used, in their order
   */
  List<BadImage> computeMissing() {
    int total = images.images().size();
    int[] firsts = new int[digests.distinct().size()];
    int[] missing = new int[firsts.length];
    int count = 0;
    int done = 0;
    for (int image = 0; image < total; image++) {
      int position = digests.position(image);
      boolean first = pictures[position]++ == 0;
      firsts[position] = first ? image : firsts[position];
      if (table.has(position)) {
        done++;
      } else if (first) {
        missing[count++] = image;
      }
    }
    if (count > 0) {
      compute(Arrays.copyOf(missing, count), new Told(progress, done));
    } else {
      progress.advanced(Progress.Phase.EXTRACT, total, total);
    }
    List<BadImage> skipped = settle(firsts);
    if (rows.length == 0) {
      throw noneUsable(images, skipped.get(0));
    }
    return skipped;
  }

  static BadDataException noneUsable(LabeledImages images, BadImage first) {
    return new BadDataException(
        "None of the "
            + images.images().size()
            + " pictures in "
            + images.source()
            + " can be used; the first: "
            + first.path()
            + ": "
            + first.reason()
            + ". Expected JPEG, PNG, GIF, BMP, TIFF or WebP files.");
  }

  /** Numbers the rows; returns the files that have none. */
  private List<BadImage> settle(int[] firsts) {
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

  /** The pictures that have a row, in the order of the rows. */
  List<LabeledImage> images() {
    return Arrays.stream(rows).mapToObj(images.images()::get).toList();
  }

  /** The label of every row. */
  int[] labels() {
    return Arrays.stream(rows).map(image -> images.images().get(image).label()).toArray();
  }

  /** How many rows have been computed. */
  int computed() {
    return computed.get();
  }

  /** The rows, which run {@code atClose} when they are closed. */
  FeatureStore.Rows closing(Runnable atClose) {
    return new FeatureStore.Rows() {
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

  /** Computes a damaged row anew and reads it. */
  private synchronized void repair(int image, ByteBuffer destination) {
    int position = digests.position(image);
    if (table.read(position, destination)) {
      // Another thread that read the same row was here first.
      return;
    }
    if (table.has(position)) {
      progress.note("The stored row of " + path(image) + " is damaged; it is computed again.");
      table.discard(position);
    }
    compute(new int[] {image}, new Told(Progress.NONE, 0));
    if (!table.read(position, destination)) {
      throw new BadDataException(
          "The stored row of "
              + path(image)
              + " is damaged, and the picture can no longer be read: "
              + badReasons.get(path(image))
              + ". Put the picture back and run again.");
    }
  }

  /** Computes the rows of pictures of different content and waits until they are on the disk. */
  private void compute(int[] chosen, Told told) {
    LabeledImages subset =
        images.only(Arrays.stream(chosen).mapToObj(images.images()::get).toList());
    Consumer<BadImage> onSkipped =
        image -> {
          badReasons.put(image.path(), image.reason());
          told.skipped(image);
        };
    int batches = (chosen.length + options.batchSize() - 1) / options.batchSize();
    TensorType type = table.key().type();
    try (ShardAppender appender = new ShardAppender(table, chosen.length);
        Workers workers = prefix.workers(batches, progress::note);
        Batches read =
            new ImageLoader(subset, prefix.input(), readAhead(workers), onSkipped).batches()) {
      while (read.hasNext()) {
        ImageBatch batch = read.next();
        int[] positions = positions(batch, chosen);
        workers.submit(
            batch.pixels(),
            batch.size(),
            type,
            (first, count, activations) -> {
              int[] some = Arrays.copyOfRange(positions, first, first + count);
              appender.append(some, StoredRows.checked(activations, type).values());
              computed.addAndGet(count);
            },
            () -> {
              batch.close();
              told.done(positions);
            });
        StoppedException.throwIfRequested(
            told.progress, "features were extracted; those that are done are kept");
      }
      workers.finish();
    }
  }

  /** Two batches ahead of each worker. */
  private LoaderOptions readAhead(Workers workers) {
    return options.withPrefetchBatches(2 * workers.count());
  }

  /** The digests of a batch's pictures, by their positions. */
  private int[] positions(ImageBatch batch, int[] chosen) {
    int[] positions = batch.indices();
    for (int i = 0; i < positions.length; i++) {
      int image = chosen[positions[i]];
      requireUnchanged(image);
      positions[i] = digests.position(image);
    }
    return positions;
  }

  /** A row under the digest of other content would be served for it ever after. */
  private void requireUnchanged(int image) {
    if (!digests.isUnchanged(image)) {
      throw new BadDataException(
          "The picture "
              + path(image)
              + " was changed while it was read. Expected pictures that stay as they are during a"
              + " run. Run again when nothing writes them any longer.");
    }
  }

  /** How many pictures are views of a file or have its content. */
  private int withoutRow(Path file) {
    return IntStream.range(0, images.images().size())
        .filter(image -> path(image).equals(file))
        .map(digests::position)
        .distinct()
        .map(position -> pictures[position])
        .sum();
  }

  private Path path(int image) {
    return images.images().get(image).path();
  }

  /** Counts what is told to people. */
  private final class Told {
    private final Progress progress;
    private int done;
    private int total = images.images().size();

    Told(Progress progress, int done) {
      this.progress = progress;
      this.done = done;
    }

    void done(int[] positions) {
      for (int position : positions) {
        done += pictures[position];
      }
      progress.advanced(Progress.Phase.EXTRACT, done, total);
    }

    void skipped(BadImage image) {
      total -= withoutRow(image.path());
      progress.skipped(image.path(), image.reason());
    }
  }
}
