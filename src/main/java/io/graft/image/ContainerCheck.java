package io.graft.image;

import java.util.Optional;

/**
 * Checks that a file holds all data that its structure announces. ImageIO's readers fill missing
 * data with grey or black, but Graft refuses a file that is cut off. Each check returns the EXIF
 * orientation.
 */
final class ContainerCheck {

  private static final int COLOR_MAP = 320;
  private static final int FIRST_PRIVATE_TAG = 32768;

  /** The size in bytes of each type of TIFF value, from BYTE (1) to DOUBLE (12). */
  private static final long[] TYPE_BYTES = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8};

  private static final int STRIP_OFFSETS = 273;
  private static final int STRIP_LENGTHS = 279;
  private static final int TILE_OFFSETS = 324;
  private static final int TILE_LENGTHS = 325;

  private ContainerCheck() {}

  /** Checks a BMP file. Without compression, the header gives the length of the rows. */
  static int bmp(byte[] encoded) throws BadImageException {
    ByteReader reader = new ByteReader(encoded, false);
    long dataOffset = reader.unsigned32(10);
    long headerLength = reader.unsigned32(14);
    boolean old = headerLength == 12;
    long width = old ? reader.unsigned16(18) : reader.unsigned32(18);
    long height = old ? reader.unsigned16(20) : Math.abs((int) reader.unsigned32(22));
    int bits = reader.unsigned16(old ? 24 : 28);
    long compression = old ? 0 : reader.unsigned32(30);
    ImageDecoder.checkSize(width, height);
    switch ((int) compression) {
      case 0, 3, 6 -> reader.require(dataOffset, (width * bits + 31) / 32 * 4 * height);
      case 1, 2 -> reader.require(dataOffset, reader.unsigned32(34));
      default ->
          throw new BadImageException("the BMP file uses the unknown compression " + compression);
    }
    return Orientation.UPRIGHT;
  }

  /** Checks that all values, strips and tiles of the first TIFF directory are within the file. */
  static int tiff(byte[] encoded) throws BadImageException {
    ByteReader reader = new ByteReader(encoded, encoded[0] == 'M');
    long directory = reader.unsigned32(4);
    int entries = reader.unsigned16(directory);
    long[] offsets = {};
    long[] lengths = {};
    for (int i = 0; i < entries; i++) {
      long entry = directory + 2 + 12L * i;
      int tag = reader.unsigned16(entry);
      int type = reader.unsigned16(entry + 2);
      long size = type < TYPE_BYTES.length ? TYPE_BYTES[type] * reader.unsigned32(entry + 4) : 0;
      if (tag < FIRST_PRIVATE_TAG && size > 4) {
        reader.require(reader.unsigned32(entry + 8), size);
      }
      switch (tag) {
        case STRIP_OFFSETS, TILE_OFFSETS -> offsets = tiffNumbers(reader, entry);
        case STRIP_LENGTHS, TILE_LENGTHS -> lengths = tiffNumbers(reader, entry);
        default -> {}
      }
    }
    for (int i = 0; i < offsets.length; i++) {
      reader.require(offsets[i], i < lengths.length ? lengths[i] : 1);
    }
    return OrientationTag.ofTiff(encoded);
  }

  /**
   * Returns the palette of a TIFF file, packed 0xRRGGBB, if it has one. Like Pillow, this keeps the
   * high byte of the 16-bit values, which ImageIO rounds instead.
   */
  static Optional<int[]> tiffPalette(byte[] encoded) throws BadImageException {
    ByteReader reader = new ByteReader(encoded, encoded[0] == 'M');
    long entry = reader.tiffEntry(COLOR_MAP);
    if (entry < 0) {
      return Optional.empty();
    }
    long[] map = tiffNumbers(reader, entry);
    int[] palette = new int[map.length / 3];
    for (int c = 0; c < palette.length; c++) {
      long red = map[c] >> 8;
      long green = map[c + palette.length] >> 8;
      long blue = map[c + 2 * palette.length] >> 8;
      palette[c] = (int) (red << 16 | green << 8 | blue);
    }
    return Optional.of(palette);
  }

  private static long[] tiffNumbers(ByteReader reader, long entry) throws BadImageException {
    int type = reader.unsigned16(entry + 2);
    long count = reader.unsigned32(entry + 4);
    int size = type == 3 ? 2 : 4;
    long at = count * size <= 4 ? entry + 8 : reader.unsigned32(entry + 8);
    reader.require(at, count * size);
    long[] numbers = new long[(int) count];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = size == 2 ? reader.unsigned16(at + 2L * i) : reader.unsigned32(at + 4L * i);
    }
    return numbers;
  }

  /**
   * Checks a WebP file, which is a RIFF file of chunks with even lengths. Without animation, canvas
   * and image must have the same size (WebP container specification). If the image were smaller,
   * the reader would invent the missing pixels.
   */
  static int webp(byte[] encoded) throws BadImageException {
    ByteReader reader = new ByteReader(encoded, false);
    long end = 8 + reader.unsigned32(4);
    reader.require(0, end);
    int orientation = Orientation.UPRIGHT;
    boolean animated = false;
    long canvas = -1;
    for (long at = 12; at + 8 <= end; ) {
      long length = reader.unsigned32(at + 4);
      long data = at + 8;
      reader.require(data, length);
      if (reader.hasText(at, "VP8X")) {
        animated = (reader.unsigned8(data) & 2) != 0;
        canvas =
            size(
                (reader.unsigned32(data + 4) & 0xffffff) + 1,
                (reader.unsigned32(data + 6) >> 8) + 1);
      } else if (reader.hasText(at, "VP8L")) {
        long sizes = reader.unsigned32(data + 1);
        requireCanvas(canvas, size((sizes & 0x3fff) + 1, (sizes >> 14 & 0x3fff) + 1), animated);
      } else if (reader.hasText(at, "VP8 ")) {
        long width = reader.unsigned16(data + 6) & 0x3fff;
        requireCanvas(canvas, size(width, reader.unsigned16(data + 8) & 0x3fff), animated);
      } else if (reader.hasText(at, "EXIF")) {
        // Some programs write JPEG's prefix before the TIFF structure.
        int prefix = reader.hasText(data, "Exif\0\0") ? 6 : 0;
        orientation =
            Orientation.ofExif(encoded, (int) data + prefix, (int) Math.max(0, length - prefix));
      }
      at = data + length + (length & 1);
    }
    return orientation;
  }

  private static long size(long width, long height) throws BadImageException {
    ImageDecoder.checkSize(width, height);
    return width << 32 | height;
  }

  private static void requireCanvas(long canvas, long image, boolean animated)
      throws BadImageException {
    if (canvas >= 0 && canvas != image && !animated) {
      throw new BadImageException(
          "the WebP file is damaged: its canvas and its image have different sizes");
    }
  }
}
