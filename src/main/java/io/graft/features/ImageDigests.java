package io.graft.features;

import io.graft.data.LabeledImage;
import io.graft.data.View;
import io.graft.image.codec.ImageDecoder;
import io.graft.image.codec.ImageFormat;
import io.graft.runtime.OutputException;
import io.graft.runtime.Progress;
import io.graft.runtime.Sha256;
import io.graft.runtime.StoppedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * The digests that identify the rows of images. The digest of a plain image is the SHA-256 of its
 * file. If the decoder matters to the pixels of the file's format, the digest is the SHA-256 of the
 * file's digest and the decoder's name. The digest of a view is the SHA-256 of the image's digest
 * and the view's text. So images of equal content share a row. The cache keeps the digests of files
 * under their {@link FileStamp}, in its folder or else in memory, so a file is read again only
 * after a change.
 */
final class ImageDigests {

  /** The number of files between two checks for a request to stop. */
  private static final int STEP = 256;

  /**
   * The formats whose decoder belongs to the row. Their positions are in the cache, so another
   * format goes to the end.
   */
  private static final List<ImageFormat> KEYED =
      List.of(ImageFormat.WEBP, ImageFormat.TIFF, ImageFormat.BMP);

  private final List<Path> files = new ArrayList<>();

  /** For each image, the index of its file. */
  private final int[] fileOf;

  private final ByteBuffer stamps;
  private final ByteBuffer digests;

  /** For each file, the position of its format in {@link #KEYED}, or -1. */
  private final byte[] formats;

  private final boolean[] settled;
  private final boolean[] known;
  private final DigestIndex distinct;

  /** For each image, the position of its digest. */
  private final int[] positions;

  private ImageDigests(List<LabeledImage> images) {
    this.fileOf = new int[images.size()];
    for (int image = 0; image < fileOf.length; image++) {
      // The views of a file follow each other.
      Path path = images.get(image).path();
      if (files.isEmpty() || !files.get(files.size() - 1).equals(path)) {
        files.add(path);
      }
      fileOf[image] = files.size() - 1;
    }
    this.stamps = ByteBuffer.allocate(Math.multiplyExact(files.size(), DigestIndex.DIGEST_BYTES));
    this.digests = ByteBuffer.allocate(stamps.capacity());
    this.formats = new byte[files.size()];
    this.settled = new boolean[files.size()];
    this.known = new boolean[files.size()];
    this.distinct = new DigestIndex(images.size());
    this.positions = new int[images.size()];
  }

  /** Computes the digests of images. If the cache has no folder, every file is read. */
  static ImageDigests of(List<LabeledImage> images, FeatureCache cache, Progress progress) {
    ImageDigests all = new ImageDigests(images);
    all.eachFile(all::stamp, progress);
    Optional<RowTable> table =
        cache
            .folder()
            .map(root -> all.lookUp(new KeyFolder(root, StoreKey.ofImageDigests()), progress));
    if (table.isEmpty()) {
      all.remember(cache.digests());
    }
    all.eachFile(all::digest, progress);
    table.ifPresentOrElse(all::keep, () -> all.keep(cache.digests()));
    Arrays.setAll(all.positions, image -> all.add(image, images.get(image).view()));
    return all;
  }

  /** Adds the digest of an image to the distinct ones and returns its position. */
  private int add(int image, View view) {
    ByteBuffer digest = digests.slice(at(fileOf[image]), DigestIndex.DIGEST_BYTES);
    byte format = formats[fileOf[image]];
    if (format >= 0) {
      String decoder = ImageDecoder.decoderOf(KEYED.get(format));
      digest = ByteBuffer.wrap(new Sha256().add(digest).add("decoder " + decoder).bytes());
    }
    if (!view.isPlain()) {
      digest = ByteBuffer.wrap(new Sha256().add(digest).add(view.canonical()).bytes());
    }
    return distinct.add(digest, 0);
  }

  /** Returns a line about each format whose pixels may differ a little on other machines. */
  List<String> remarks() {
    int[] counts = new int[KEYED.size()];
    for (byte format : formats) {
      if (format >= 0) {
        counts[format]++;
      }
    }
    return IntStream.range(0, counts.length)
        .filter(format -> counts[format] > 0)
        .boxed()
        .flatMap(format -> ImageDecoder.remark(KEYED.get(format), counts[format]).stream())
        .toList();
  }

  /** Returns the distinct digests. */
  DigestIndex distinct() {
    return distinct;
  }

  /** Returns the position of an image's digest in {@link #distinct}. */
  int position(int image) {
    return positions[image];
  }

  /** Returns the SHA-256 of each image's file, 32 bytes each. */
  ByteBuffer ofFiles() {
    return ofFiles(IntStream.range(0, fileOf.length).toArray());
  }

  /** Returns the SHA-256 of the files of some images, 32 bytes each. */
  ByteBuffer ofFiles(int[] images) {
    ByteBuffer chosen =
        ByteBuffer.allocate(Math.multiplyExact(images.length, DigestIndex.DIGEST_BYTES));
    for (int image : images) {
      chosen.put(digests.slice(at(fileOf[image]), DigestIndex.DIGEST_BYTES));
    }
    return chosen.flip();
  }

  /** Returns whether an image's file has not changed since its digest was computed. */
  boolean isUnchanged(int image) {
    try {
      ByteBuffer now = FileStamp.of(files.get(fileOf[image])).digest();
      return now.equals(stamps.slice(at(fileOf[image]), DigestIndex.DIGEST_BYTES));
    } catch (IOException e) {
      return false;
    }
  }

  private void stamp(int file) {
    try {
      FileStamp stamp = FileStamp.of(files.get(file));
      stamps.put(at(file), stamp.digest(), 0, DigestIndex.DIGEST_BYTES);
      settled[file] = stamp.settled();
    } catch (IOException e) {
      // The loader reports the file later.
    }
  }

  private RowTable lookUp(KeyFolder folder, Progress progress) {
    DigestIndex wanted = new DigestIndex(files.size());
    int[] rows = new int[files.size()];
    Arrays.setAll(rows, file -> wanted.add(stamps, at(file)));
    RowTable table = new RowTable(folder, wanted, Optional.empty(), progress);
    for (int file = 0; file < rows.length; file++) {
      if (settled[file]) {
        ByteBuffer row = ByteBuffer.allocate(DigestIndex.DIGEST_BYTES + 1);
        known[file] = table.read(rows[file], row);
        digests.put(at(file), row, 0, DigestIndex.DIGEST_BYTES);
        formats[file] = row.get(DigestIndex.DIGEST_BYTES);
        if (!known[file] && table.has(rows[file])) {
          table.discard(rows[file]);
        }
      }
    }
    return table;
  }

  private void remember(DigestMemory memory) {
    for (int file = 0; file < known.length; file++) {
      known[file] = settled[file] && memory.read(stamps, at(file), digests);
      if (known[file]) {
        try {
          formats[file] = format(FileStamp.headOf(files.get(file)));
        } catch (IOException e) {
          known[file] = false;
        }
      }
    }
  }

  private void keep(DigestMemory memory) {
    for (int file = 0; file < known.length; file++) {
      if (settled[file] && !known[file]) {
        memory.keep(stamps, at(file), digests);
      }
    }
  }

  private void digest(int file) {
    if (known[file]) {
      return;
    }
    try {
      FileStamp.Content content = FileStamp.contentOf(files.get(file));
      digests.put(at(file), content.digest(), 0, DigestIndex.DIGEST_BYTES);
      formats[file] = format(content.head());
    } catch (IOException e) {
      // Sets a digest that no file has, so that the loader reads the file and reports the problem.
      digests.putLong(at(file), file);
      formats[file] = -1;
      settled[file] = false;
    }
  }

  private static byte format(byte[] head) {
    return (byte) ImageFormat.sniff(head).map(KEYED::indexOf).orElse(-1).intValue();
  }

  private void keep(RowTable table) {
    int[] fresh =
        IntStream.range(0, files.size()).filter(file -> settled[file] && !known[file]).toArray();
    if (fresh.length == 0) {
      return;
    }
    try (ShardAppender appender = new ShardAppender(table, fresh.length)) {
      for (int file : fresh) {
        int position = table.wanted().find(stamps, at(file));
        ByteBuffer row = ByteBuffer.allocate(DigestIndex.DIGEST_BYTES + 1);
        row.put(digests.slice(at(file), DigestIndex.DIGEST_BYTES)).put(formats[file]);
        appender.append(new int[] {position}, row.flip());
      }
    } catch (OutputException e) {
      // Ignores the failure: the next run reads these files again. If rows cannot be written
      // either, the extraction reports the reason.
    }
  }

  private void eachFile(IntConsumer action, Progress progress) {
    for (int from = 0; from < files.size(); from += STEP) {
      if (Thread.currentThread().isInterrupted()) {
        throw new CancellationException("Interrupted while images were read");
      }
      StoppedException.throwIfRequested(progress, "images were read");
      IntStream.range(from, Math.min(files.size(), from + STEP)).parallel().forEach(action);
    }
  }

  private static int at(int file) {
    return file * DigestIndex.DIGEST_BYTES;
  }
}
