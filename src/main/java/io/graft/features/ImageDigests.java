package io.graft.features;

import io.graft.data.LabeledImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * The SHA-256 of each image's file, one digest for images of the same content. Files that have not
 * changed since an earlier run are not read: their digests are rows of a table of their own, found
 * by {@link FileStamp}.
 */
final class ImageDigests {

  /** How many files a step looks at, so that it can be ended in between. */
  private static final int STEP = 1024;

  private final List<LabeledImage> images;
  private final ByteBuffer stamps;
  private final ByteBuffer digests;
  private final boolean[] settled;
  private final boolean[] known;
  private final DigestIndex distinct;
  private final int[] positions;

  private ImageDigests(List<LabeledImage> images) {
    this.images = images;
    this.stamps = ByteBuffer.allocate(Math.multiplyExact(images.size(), DigestIndex.DIGEST_BYTES));
    this.digests = ByteBuffer.allocate(stamps.capacity());
    this.settled = new boolean[images.size()];
    this.known = new boolean[images.size()];
    this.distinct = new DigestIndex(images.size());
    this.positions = new int[images.size()];
  }

  /**
   * Takes the digests of images.
   *
   * @param cached where earlier digests are kept; empty to read every file
   * @param damaged told of each file of the cache that was found damaged
   */
  static ImageDigests of(
      List<LabeledImage> images, Optional<KeyFolder> cached, Consumer<String> damaged) {
    ImageDigests all = new ImageDigests(images);
    all.eachImage(all::stamp);
    Optional<RowTable> table = cached.map(folder -> all.lookUp(folder, damaged));
    all.eachImage(all::digest);
    table.ifPresent(all::keep);
    Arrays.setAll(all.positions, image -> all.distinct.add(all.digests, at(image)));
    return all;
  }

  /** The different digests. */
  DigestIndex distinct() {
    return distinct;
  }

  /** The position of an image's digest among {@link #distinct}. */
  int position(int image) {
    return positions[image];
  }

  /** Whether an image's file is still the one whose digest was taken. */
  boolean isUnchanged(int image) {
    try {
      ByteBuffer now = FileStamp.of(images.get(image).path()).digest();
      return now.equals(stamps.slice(at(image), DigestIndex.DIGEST_BYTES));
    } catch (IOException e) {
      return false;
    }
  }

  private void stamp(int image) {
    try {
      FileStamp stamp = FileStamp.of(images.get(image).path());
      stamps.put(at(image), stamp.digest(), 0, DigestIndex.DIGEST_BYTES);
      settled[image] = stamp.settled();
    } catch (IOException e) {
      // Stays unknown; the loader finds the same file missing and reports it.
    }
  }

  private RowTable lookUp(KeyFolder folder, Consumer<String> damaged) {
    DigestIndex wanted = new DigestIndex(images.size());
    int[] rows = new int[images.size()];
    Arrays.setAll(rows, image -> wanted.add(stamps, at(image)));
    RowTable table = new RowTable(folder, wanted, false, damaged);
    for (int image = 0; image < rows.length; image++) {
      if (settled[image]) {
        ByteBuffer row = digests.slice(at(image), DigestIndex.DIGEST_BYTES);
        known[image] = table.read(rows[image], row);
        if (!known[image] && table.has(rows[image])) {
          table.discard(rows[image]);
        }
      }
    }
    return table;
  }

  private void digest(int image) {
    if (known[image]) {
      return;
    }
    try {
      ByteBuffer digest = FileStamp.digestOf(images.get(image).path());
      digests.put(at(image), digest, 0, DigestIndex.DIGEST_BYTES);
    } catch (IOException e) {
      // No file has this digest, so the loader is asked for the image, and reports it.
      digests.putLong(at(image), image);
      settled[image] = false;
    }
  }

  private void keep(RowTable table) {
    int fresh = 0;
    for (int image = 0; image < known.length; image++) {
      fresh += settled[image] && !known[image] ? 1 : 0;
    }
    if (fresh == 0) {
      return;
    }
    try (ShardAppender appender = new ShardAppender(table, fresh)) {
      for (int image = 0; image < known.length; image++) {
        if (settled[image] && !known[image]) {
          int position = table.wanted().find(stamps, at(image));
          appender.append(new int[] {position}, digests.slice(at(image), DigestIndex.DIGEST_BYTES));
        }
      }
    }
  }

  private void eachImage(IntConsumer action) {
    for (int from = 0; from < images.size(); from += STEP) {
      if (Thread.currentThread().isInterrupted()) {
        throw new CancellationException("Interrupted while images were read");
      }
      IntStream.range(from, Math.min(images.size(), from + STEP)).parallel().forEach(action);
    }
  }

  private static int at(int image) {
    return image * DigestIndex.DIGEST_BYTES;
  }
}
