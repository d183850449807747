package io.graft.image.codec;

import io.graft.image.BadImageException;
import io.graft.image.RgbImage;
import java.util.List;

/**
 * Decodes Windows bitmaps as Pillow's {@code BmpImagePlugin} does: headers of 12 to 124 bytes, 1,
 * 4, 8, 16, 24 and 32 bits, run lengths, and the usual layouts of colours. The length of the file
 * that the header gives does not matter.
 *
 * @see <a href="https://learn.microsoft.com/windows/win32/gdi/bitmap-storage">Bitmap storage</a>
 */
final class BmpDecoder {

  private static final int RAW = 0;
  private static final int RLE8 = 1;
  private static final int RLE4 = 2;
  private static final int BIT_FIELDS = 3;

  private static final int OLD_HEADER = 12;
  private static final int USUAL_HEADER = 40;
  private static final List<Long> HEADERS = List.of(12L, 40L, 52L, 56L, 64L, 108L, 124L);

  /** The masks of red, green, blue and alpha that occur with 32 bits. */
  private static final List<List<Long>> MASKS_32 =
      List.of(
          List.of(0xff0000L, 0xff00L, 0xffL, 0L),
          List.of(0xff000000L, 0xff0000L, 0xff00L, 0L),
          List.of(0xff000000L, 0xff00L, 0xffL, 0L),
          List.of(0xff000000L, 0xff0000L, 0xff00L, 0xffL),
          List.of(0xffL, 0xff00L, 0xff0000L, 0xff000000L),
          List.of(0xff0000L, 0xff00L, 0xffL, 0xff000000L),
          List.of(0xff000000L, 0xff00L, 0xffL, 0xff0000L));

  private static final List<Long> MASKS_24 = List.of(0xff0000L, 0xff00L, 0xffL);
  private static final List<Long> MASKS_565 = List.of(0xf800L, 0x7e0L, 0x1fL);
  private static final List<Long> MASKS_555 = List.of(0x7c00L, 0x3e0L, 0x1fL);
  private static final List<Long> NO_MASKS = List.of(0L, 0L, 0L, 0L);

  private final ByteReader reader;
  private final int headerBytes;
  private final int width;
  private final int height;
  private final boolean topDown;
  private final int bits;
  private final int compression;
  private final long dataAt;
  private final long paletteAt;
  private final int colors;

  private BmpDecoder(byte[] encoded) throws BadImageException {
    reader = new ByteReader(encoded, false);
    long size = reader.unsigned32(14);
    if (!HEADERS.contains(size)) {
      throw new BadImageException(
          "the BMP file has a header of %s bytes; those of %s are read".formatted(size, HEADERS));
    }
    headerBytes = (int) size;
    reader.require(14, headerBytes);
    boolean old = headerBytes == OLD_HEADER;
    long rows = old ? reader.unsigned16(20) : reader.unsigned32(22);
    // A negative number of rows means that the first row is the top one.
    topDown = !old && rows >> 24 == 0xff;
    long columns = old ? reader.unsigned16(18) : reader.unsigned32(18);
    rows = topDown ? (1L << 32) - rows : rows;
    ImageDecoder.checkSize(columns, rows);
    width = (int) columns;
    height = (int) rows;
    bits = reader.unsigned16(old ? 24 : 28);
    compression = old ? RAW : (int) reader.unsigned32(30);
    long named = old ? 0 : reader.unsigned32(46);
    boolean masksAfterHeader = compression == BIT_FIELDS && headerBytes == USUAL_HEADER;
    paletteAt = 14L + headerBytes + (masksAfterHeader ? 12 : 0);
    if (bits != 1 && bits != 4 && bits != 8 && bits != 16 && bits != 24 && bits != 32) {
      throw new BadImageException("the BMP file has " + bits + " bits a pixel");
    }
    boolean palette = bits <= 8;
    if (palette && named > 256) {
      throw new BadImageException("the BMP file claims a palette of " + named + " colours");
    }
    colors = palette ? (int) (named == 0 ? 1 << bits : named) : 0;
    long after = paletteAt + (long) (old ? 3 : 4) * colors;
    long offset = reader.unsigned32(10);
    dataAt = offset == 0 || (palette && offset == 14L + headerBytes) ? after : offset;
  }

  /** Decodes a file with or without the file header (.dib), which a clipboard does not have. */
  static RgbImage decode(byte[] encoded) throws BadImageException {
    BmpDecoder bitmap = new BmpDecoder(encoded[0] == 'B' ? encoded : withFileHeader(encoded));
    byte[] pixels =
        switch (bitmap.compression) {
          case RAW -> bitmap.bits <= 8 ? bitmap.indexed() : bitmap.direct(bitmap.defaultMasks());
          case BIT_FIELDS -> bitmap.direct(bitmap.masks());
          case RLE8, RLE4 -> bitmap.runs();
          default ->
              throw new BadImageException(
                  "the BMP file holds %s data; convert it to PNG"
                      .formatted(
                          bitmap.compression == 4
                              ? "JPEG"
                              : bitmap.compression == 5
                                  ? "PNG"
                                  : "unknown (" + bitmap.compression + ")"));
        };
    return new RgbImage(bitmap.width, bitmap.height, pixels);
  }

  private static byte[] withFileHeader(byte[] encoded) {
    byte[] file = new byte[14 + encoded.length];
    System.arraycopy(encoded, 0, file, 14, encoded.length);
    return file;
  }

  private List<Long> defaultMasks() {
    return bits == 16 ? MASKS_555 : MASKS_24;
  }

  /** Reads the masks of red, green and blue. */
  private List<Long> masks() throws BadImageException {
    boolean alpha = headerBytes >= 56;
    List<Long> masks =
        List.of(
            reader.unsigned32(54),
            reader.unsigned32(58),
            reader.unsigned32(62),
            alpha ? reader.unsigned32(66) : 0L);
    List<Long> colors = masks.subList(0, 3);
    if (bits == 32 && masks.equals(NO_MASKS)) {
      return MASKS_24;
    }
    boolean known =
        switch (bits) {
          case 16 -> colors.equals(MASKS_555) || colors.equals(MASKS_565);
          case 24 -> colors.equals(MASKS_24);
          case 32 -> MASKS_32.contains(masks);
          default -> false;
        };
    if (!known) {
      throw new BadImageException(
          "the BMP file has an unusual layout of colours (masks %s, %s bits); convert it to PNG"
              .formatted(masks.stream().map(Long::toHexString).toList(), bits));
    }
    return colors;
  }

  /** Reads pixels of 16, 24 or 32 bits. */
  private byte[] direct(List<Long> masks) throws BadImageException {
    int stride = requireRows();
    byte[] bytes = reader.bytes();
    byte[] pixels = new byte[3 * width * height];
    int pixelBytes = bits / 8;
    int to = 0;
    for (int y = 0; y < height; y++) {
      int from = rowAt(y, stride);
      for (int x = 0; x < width; x++, from += pixelBytes) {
        for (int i = 0; i < 3; i++) {
          int shift = Long.numberOfTrailingZeros(masks.get(i));
          int value =
              bits == 16
                  ? ((bytes[from] & 0xff) | (bytes[from + 1] & 0xff) << 8) >> shift
                  : bytes[from + shift / 8] & 0xff;
          int maximum = (int) (masks.get(i) >> shift);
          pixels[to++] = (byte) ((value & maximum) * 255 / maximum);
        }
      }
    }
    return pixels;
  }

  /** Reads positions in a palette, of 1, 4 or 8 bits. */
  private byte[] indexed() throws BadImageException {
    int stride = requireRows();
    byte[] bytes = reader.bytes();
    byte[] indices = new byte[width * height];
    for (int y = 0; y < height; y++) {
      int row = rowAt(y, stride);
      for (int x = 0; x < width; x++) {
        int bit = x * bits;
        int value = bytes[row + bit / 8] & 0xff;
        indices[y * width + x] = (byte) (value >> (8 - bits - bit % 8) & ((1 << bits) - 1));
      }
    }
    return throughPalette(indices);
  }

  /** Requires all rows within the file. The last one needs no padding. Returns their distance. */
  private int requireRows() throws BadImageException {
    long stride = ((long) width * bits + 31) / 32 * 4;
    long row = ((long) width * bits + 7) / 8;
    reader.require(dataAt, stride * (height - 1) + row);
    return (int) stride;
  }

  private int rowAt(int y, int stride) {
    return (int) dataAt + (topDown ? y : height - 1 - y) * stride;
  }

  private byte[] throughPalette(byte[] indices) {
    byte[] palette = new byte[3 * 256];
    int entry = headerBytes == OLD_HEADER ? 3 : 4;
    byte[] bytes = reader.bytes();
    for (int color = 0; color < colors; color++) {
      int at = (int) paletteAt + entry * color;
      if (at + entry > bytes.length) {
        break;
      }
      for (int i = 0; i < 3; i++) {
        palette[3 * color + i] = bytes[at + 2 - i];
      }
    }
    byte[] pixels = new byte[3 * indices.length];
    for (int i = 0; i < indices.length; i++) {
      System.arraycopy(palette, 3 * (indices[i] & 0xff), pixels, 3 * i, 3);
    }
    return pixels;
  }

  /** Reads run lengths, in the order of Pillow's decoder, which fills gaps with position 0. */
  private byte[] runs() throws BadImageException {
    if (bits > 8) {
      throw new BadImageException("the BMP file has run lengths of " + bits + " bits");
    }
    ImageDecoder.checkClaim((long) width * height, 1 << 16, reader.bytes());
    byte[] data = new byte[width * height];
    int length = new BmpRuns(reader.bytes(), dataAt, width, compression == RLE8, data).read();
    if (length < data.length) {
      throw new BadImageException(
          "the BMP data is cut off: it has %s of %s pixels".formatted(length, data.length));
    }
    if (!topDown) {
      byte[] upright = new byte[data.length];
      for (int y = 0; y < height; y++) {
        System.arraycopy(data, (height - 1 - y) * width, upright, y * width, width);
      }
      data = upright;
    }
    return throughPalette(data);
  }
}
