package io.graft.image.codec;

import io.graft.image.BadImageException;
import java.io.IOException;
import java.util.Arrays;

/**
 * The samples of a TIFF image as stored: joined from strips or tiles, without conversion.
 *
 * @param layout the file's layout
 * @param planes the rows of all samples, or of each sample if the layout is planar
 */
record TiffSamples(TiffLayout layout, @SuppressWarnings("ArrayRecordComponent") byte[][] planes) {

  private static final int HORIZONTAL = 2;
  private static final int FLOATING_POINT = 3;

  /** Reads all blocks. A block that is cut off or does not decompress is refused. */
  static TiffSamples read(TiffLayout layout) throws BadImageException, IOException {
    int row = layout.rowBytes(layout.width());
    int height = layout.height();
    byte[][] planes = new byte[layout.planar() ? layout.samples() : 1][];
    int across = (layout.width() - 1) / layout.blockWidth() + 1;
    int down = (height - 1) / layout.blockHeight() + 1;
    requireNoMore(layout, planes.length * across * down);
    for (int plane = 0; plane < planes.length; plane++) {
      planes[plane] = new byte[Math.multiplyExact(row, height)];
      for (int block = 0; block < across * down; block++) {
        int left = block % across * layout.blockWidth();
        int top = block / across * layout.blockHeight();
        int rows = Math.min(layout.blockHeight(), height - top);
        int blockRow = layout.rowBytes(layout.blockWidth());
        byte[] samples = block(layout, (plane * down * across) + block, rows);
        int from = layout.rowBytes(left);
        int bytes = Math.min(blockRow, row - from);
        for (int y = 0; y < rows; y++) {
          System.arraycopy(samples, y * blockRow, planes[plane], (top + y) * row + from, bytes);
        }
      }
    }
    return new TiffSamples(layout, planes);
  }

  /**
   * Refuses uncompressed data with more strips or tiles than the layout has. The layout must be
   * wrong then, and Pillow puts them over the first ones.
   */
  private static void requireNoMore(TiffLayout layout, int blocks) throws BadImageException {
    int tag = layout.tiled() ? TiffDirectory.TILE_OFFSETS : TiffDirectory.STRIP_OFFSETS;
    int stored = layout.directory().count(tag);
    if (layout.compression() == TiffCompression.NONE && stored > blocks) {
      throw new BadImageException(
          "the TIFF data is damaged: it has %s strips or tiles; %s were expected"
              .formatted(stored, blocks));
    }
  }

  /** Returns the samples of one block, of at least {@code rows} rows. */
  private static byte[] block(TiffLayout layout, int index, int rows)
      throws BadImageException, IOException {
    int columns = layout.blockWidth();
    int rowBytes = layout.rowBytes(columns);
    // A tile has all its rows, even below the image.
    int stored = layout.tiled() ? layout.blockHeight() : rows;
    byte[] data = data(layout, index, Math.multiplyExact(rowBytes, rows));
    if (layout.compression() == TiffCompression.JPEG) {
      return TiffCompression.decodeJpeg(layout, data, columns, stored);
    }
    if (layout.compression() == TiffCompression.NONE) {
      stored = rows;
    }
    byte[] samples = TiffCompression.decode(layout, data, columns, rowBytes, stored);
    int predictor = layout.directory().integer(TiffDirectory.PREDICTOR, 1);
    if (predictor != 1 && TiffCompression.hasPredictor(layout.compression())) {
      unpredict(layout, predictor, samples, rowBytes, stored);
    }
    return samples;
  }

  /**
   * Returns the stored bytes of a block.
   *
   * @param bytes the length of the block if it is not compressed; like Pillow, this ignores the
   *     length that the file gives
   */
  static byte[] data(TiffLayout layout, int index, int bytes) throws BadImageException {
    TiffDirectory directory = layout.directory();
    boolean tiled = layout.tiled();
    int offsetsTag = tiled ? TiffDirectory.TILE_OFFSETS : TiffDirectory.STRIP_OFFSETS;
    int lengthsTag = tiled ? TiffDirectory.TILE_LENGTHS : TiffDirectory.STRIP_LENGTHS;
    if (index >= directory.count(offsetsTag)) {
      throw new BadImageException(
          "the TIFF data is cut off: it has %s strips or tiles, and needs more"
              .formatted(directory.count(offsetsTag)));
    }
    boolean raw = layout.compression() == TiffCompression.NONE;
    boolean measured = index < directory.count(lengthsTag);
    long length = raw ? bytes : measured ? directory.number(lengthsTag, index) : 0;
    long offset = directory.number(offsetsTag, index);
    new ByteReader(directory.bytes(), false).require(offset, length);
    if (length == 0 && !raw) {
      // Some programs do not write the lengths. A decompressor knows where its data ends.
      length = directory.bytes().length - offset;
    }
    return Arrays.copyOfRange(directory.bytes(), (int) offset, (int) (offset + length));
  }

  /** Undoes the prediction of each sample by the one before it (TIFF 6.0, section 14). */
  private static void unpredict(
      TiffLayout layout, int predictor, byte[] samples, int rowBytes, int rows)
      throws BadImageException {
    int step = layout.planar() ? 1 : layout.samples();
    int bytes = layout.bits() / 8;
    boolean whole = layout.bits() % 8 == 0;
    boolean known = predictor == HORIZONTAL || predictor == FLOATING_POINT;
    if (!known || !whole || (predictor == FLOATING_POINT && layout.format() != TiffLayout.FLOAT)) {
      throw TiffLayout.refused(
          "with predictor %s and %s bits a sample".formatted(predictor, layout.bits()));
    }
    for (int y = 0; y < rows; y++) {
      int start = y * rowBytes;
      if (predictor == FLOATING_POINT) {
        for (int i = start + step; i < start + rowBytes; i++) {
          samples[i] += samples[i - step];
        }
        joinBytes(layout, samples, start, rowBytes, bytes);
      } else {
        for (int i = start + step * bytes; i < start + rowBytes; i += bytes) {
          add(samples, i, i - step * bytes, bytes, layout.directory().bigEndian());
        }
      }
    }
  }

  /** Adds the integer at {@code from} to the integer at {@code to}. */
  private static void add(byte[] samples, int to, int from, int bytes, boolean bigEndian) {
    int carry = 0;
    for (int i = 0; i < bytes; i++) {
      int at = bigEndian ? bytes - 1 - i : i;
      int sum = (samples[to + at] & 0xff) + (samples[from + at] & 0xff) + carry;
      samples[to + at] = (byte) sum;
      carry = sum >> 8;
    }
  }

  /**
   * Joins the bytes of each number. A row has all first bytes, then all second bytes, and so on.
   */
  private static void joinBytes(
      TiffLayout layout, byte[] samples, int start, int rowBytes, int bytes) {
    byte[] row = Arrays.copyOfRange(samples, start, start + rowBytes);
    int numbers = rowBytes / bytes;
    for (int i = 0; i < numbers; i++) {
      for (int b = 0; b < bytes; b++) {
        int at = layout.directory().bigEndian() ? b : bytes - 1 - b;
        samples[start + i * bytes + at] = row[b * numbers + i];
      }
    }
  }
}
