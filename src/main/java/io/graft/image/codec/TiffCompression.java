package io.graft.image.codec;

import io.graft.image.BadImageException;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** Decompresses the strips and tiles of TIFF files. */
final class TiffCompression {

  static final int NONE = 1;
  static final int OLD_JPEG = 6;
  static final int JPEG = 7;

  private static final int CCITT_RLE = 2;
  private static final int CCITT_G3 = 3;
  private static final int CCITT_G4 = 4;
  private static final int LZW = 5;
  private static final int DEFLATE = 8;
  private static final int PACK_BITS = 32773;
  private static final int OLD_DEFLATE = 32946;

  private static final List<Integer> READ =
      List.of(
          NONE,
          CCITT_RLE,
          CCITT_G3,
          CCITT_G4,
          LZW,
          OLD_JPEG,
          JPEG,
          DEFLATE,
          PACK_BITS,
          OLD_DEFLATE);

  private static final Map<Integer, String> OTHER_NAMES =
      Map.ofEntries(
          Map.entry(9, "JBIG"),
          Map.entry(10, "JBIG"),
          Map.entry(32766, "NeXT"),
          Map.entry(32771, "CCITT RLE/W"),
          Map.entry(32809, "ThunderScan"),
          Map.entry(33003, "JPEG 2000"),
          Map.entry(33005, "JPEG 2000"),
          Map.entry(33007, "old JPEG XR"),
          Map.entry(34661, "JBIG"),
          Map.entry(34676, "SGI LogLuv"),
          Map.entry(34677, "SGI LogLuv 24"),
          Map.entry(34712, "JPEG 2000"),
          Map.entry(34887, "LERC"),
          Map.entry(34892, "lossy JPEG"),
          Map.entry(34925, "LZMA"),
          Map.entry(34933, "PNG"),
          Map.entry(34934, "JPEG XR"),
          Map.entry(50000, "zstd"),
          Map.entry(50001, "WebP"),
          Map.entry(50002, "JPEG XL"),
          Map.entry(52546, "JPEG XL"));

  private TiffCompression() {}

  /** Refuses a compression that is not read, by its name. */
  static void requireKnown(int compression) throws BadImageException {
    if (!READ.contains(compression)) {
      String name = OTHER_NAMES.get(compression);
      throw TiffLayout.refused(
          name == null
              ? "with the unknown compression " + compression
              : "with " + name + " compression");
    }
  }

  /** Refuses sizes of which the file cannot hold the samples, before memory is taken for them. */
  static void checkClaims(TiffLayout layout) throws BadImageException {
    // The most bytes that one byte can become: deflate's longest match, and LZW's longest string.
    int ratio =
        switch (layout.compression()) {
          case NONE -> 1;
          case PACK_BITS -> 64;
          case DEFLATE, OLD_DEFLATE -> 1032;
          case LZW -> 2731;
          case JPEG, OLD_JPEG -> 1024 * layout.samples();
          // One bit can be a row.
          default -> Math.max(layout.width(), layout.blockWidth());
        };
    long pixelsPerByte = Math.max(1, ratio * 8L / ((long) layout.bits() * layout.samples()));
    byte[] file = layout.directory().bytes();
    ImageDecoder.checkClaim((long) layout.width() * layout.height(), pixelsPerByte, file);
    if (layout.tiled() && layout.compression() != NONE) {
      // Each tile has all its pixels, even outside of the image.
      long columns = roundedUp(layout.width(), layout.blockWidth());
      long rows = roundedUp(layout.height(), layout.blockHeight());
      ImageDecoder.checkClaim(columns * rows, pixelsPerByte, file);
    }
  }

  private static long roundedUp(int size, int block) {
    return ((size - 1L) / block + 1) * block;
  }

  /** Returns whether a compression may have a predictor. */
  static boolean hasPredictor(int compression) {
    return compression == LZW || compression == DEFLATE || compression == OLD_DEFLATE;
  }

  /**
   * Decompresses a strip or tile of any compression but JPEG.
   *
   * @param columns the pixels of a row; used for CCITT only
   * @return {@code rowBytes * rows} bytes
   */
  static byte[] decode(TiffLayout layout, byte[] data, int columns, int rowBytes, int rows)
      throws BadImageException, IOException {
    int expected = Math.multiplyExact(rowBytes, rows);
    byte[] bytes = layout.reversedBits() ? reversed(data) : data;
    return switch (layout.compression()) {
      case NONE -> Arrays.copyOf(bytes, expected);
      case DEFLATE, OLD_DEFLATE -> inflate(bytes, expected);
      case LZW ->
          TiffLzw.isOld(bytes)
              ? byImageIo(layout, bytes, 8, rowBytes, rows)
              : TiffLzw.decode(bytes, expected);
      case PACK_BITS -> unpack(bytes, expected);
      default -> {
        if (layout.bits() != 1 || layout.samples() != 1) {
          throw TiffLayout.refused("with CCITT compression of more than one bit a pixel");
        }
        yield byImageIo(layout, bytes, 1, columns, rows);
      }
    };
  }

  private static byte[] inflate(byte[] data, int expected) throws BadImageException {
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(data);
      byte[] bytes = new byte[expected];
      int length = 0;
      while (length < expected) {
        int count = inflater.inflate(bytes, length, expected - length);
        if (count == 0
            && (inflater.finished() || inflater.needsInput() || inflater.needsDictionary())) {
          throw cutOff();
        }
        length += count;
      }
      return bytes;
    } catch (DataFormatException e) {
      throw new BadImageException("the TIFF data is damaged (" + e.getMessage() + ")", e);
    } finally {
      inflater.end();
    }
  }

  /** Decompresses PackBits (TIFF 6.0, section 9). What the data has too much of is ignored. */
  private static byte[] unpack(byte[] data, int expected) throws BadImageException {
    byte[] bytes = new byte[expected];
    int from = 0;
    int to = 0;
    while (to < expected && from < data.length) {
      int head = data[from++];
      int count = Math.min(expected - to, head < 0 ? 1 - head : 1 + head);
      if (head == -128) {
        continue;
      }
      if (from + (head < 0 ? 1 : count) > data.length) {
        throw cutOff();
      }
      if (head < 0) {
        Arrays.fill(bytes, to, to + count, data[from++]);
      } else {
        System.arraycopy(data, from, bytes, to, count);
        from += count;
      }
      to += count;
    }
    if (to < expected) {
      throw cutOff();
    }
    return bytes;
  }

  private static byte[] reversed(byte[] data) {
    byte[] reversed = new byte[data.length];
    for (int i = 0; i < data.length; i++) {
      reversed[i] = (byte) (Integer.reverse(data[i]) >>> 24);
    }
    return reversed;
  }

  /**
   * Decompresses with TwelveMonkeys' reader: the data becomes the only strip of a grey image of 1
   * or 8 bits, so that the reader cannot interpret the samples.
   */
  private static byte[] byImageIo(TiffLayout layout, byte[] data, int bits, int width, int height)
      throws BadImageException, IOException {
    int[][] tags = {
      {TiffDirectory.WIDTH, width},
      {TiffDirectory.HEIGHT, height},
      {TiffDirectory.BITS, bits},
      {TiffDirectory.COMPRESSION, layout.compression()},
      {TiffDirectory.PHOTOMETRIC, bits == 1 ? 0 : 1},
      {TiffDirectory.STRIP_OFFSETS, 0},
      {TiffDirectory.SAMPLES, 1},
      {TiffDirectory.ROWS_PER_STRIP, height},
      {TiffDirectory.STRIP_LENGTHS, data.length},
      {TiffDirectory.T4_OPTIONS, layout.directory().integer(TiffDirectory.T4_OPTIONS, 0)},
      {TiffDirectory.T6_OPTIONS, layout.directory().integer(TiffDirectory.T6_OPTIONS, 0)},
    };
    int directoryBytes = 2 + 12 * tags.length + 4;
    int bytes = Math.multiplyExact((int) (((long) width * bits + 7) / 8), height);
    // The reader refuses a file that is much smaller than its image, so zeros follow the data.
    ByteBuffer file = ByteBuffer.allocate(8 + directoryBytes + Math.max(data.length, bytes));
    file.order(ByteOrder.BIG_ENDIAN);
    file.put((byte) 'M').put((byte) 'M').putShort((short) 42).putInt(8);
    file.putShort((short) tags.length);
    for (int[] tag : tags) {
      int value = tag[0] == TiffDirectory.STRIP_OFFSETS ? 8 + directoryBytes : tag[1];
      file.putShort((short) tag[0]).putShort((short) 4).putInt(1).putInt(value);
    }
    file.putInt(0).put(data);
    Raster raster =
        ImageIoDecoder.read(
            file.array(), ImageFormat.TIFF, List.of(), reader -> reader.readRaster(0, null));
    byte[] decoded = ((DataBufferByte) raster.getDataBuffer()).getData();
    if (decoded.length != bytes) {
      throw cutOff();
    }
    return decoded;
  }

  /**
   * Decompresses a strip or tile of JPEG.
   *
   * @return the samples, uint8, interleaved
   */
  static byte[] decodeJpeg(TiffLayout layout, byte[] data, int columns, int rows)
      throws BadImageException, IOException {
    byte[] tables = layout.directory().content(TiffDirectory.JPEG_TABLES);
    ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
    if (tables.length > 4) {
      // The tables are a JPEG stream without an image. Its end marker and the image's start go.
      jpeg.write(tables, 0, tables.length - 2);
      jpeg.write(data, 2, Math.max(0, data.length - 2));
    } else {
      jpeg.write(data, 0, data.length);
    }
    int samples = layout.planar() ? 1 : layout.samples();
    return JpegDecoder.samples(jpeg.toByteArray(), samples, columns, rows);
  }

  static BadImageException cutOff() {
    return new BadImageException(
        "the TIFF data is cut off or damaged: a strip or tile is too short");
  }
}
