package io.graft.image.codec;

import io.graft.image.BadImageException;

/**
 * The number of pixels that the header of a file claims, found without decoding. It must be the
 * number that the decoder finds, because it limits the decoder's memory.
 */
final class ImageSize {

  private ImageSize() {}

  /**
   * Returns the number of pixels, or 0 if the header is damaged. The decoder then says what is
   * wrong.
   */
  static long pixels(byte[] encoded, ImageFormat format) {
    try {
      return switch (format) {
        case JPEG -> jpeg(new ByteReader(encoded, true));
        case PNG -> png(new ByteReader(encoded, true));
        case GIF -> GifDecoder.pixels(encoded);
        case BMP -> bmp(new ByteReader(encoded, false));
        case TIFF -> tiff(TiffDirectory.parse(encoded));
        case PPM -> PnmDecoder.pixels(encoded);
        case WEBP -> webp(WebpFile.parse(encoded));
      };
    } catch (BadImageException | RuntimeException e) {
      return 0;
    }
  }

  /** Finds the frame header of a JPEG file (ITU T.81, annex B). */
  private static long jpeg(ByteReader reader) throws BadImageException {
    for (long at = 2; ; ) {
      if (reader.unsigned8(at) != 0xff || reader.unsigned8(at + 1) == 0xff) {
        at++;
        continue;
      }
      int marker = reader.unsigned8(at + 1);
      if (JpegSegments.isFrame(marker)) {
        return (long) reader.unsigned16(at + 5) * reader.unsigned16(at + 7);
      }
      boolean alone = marker == 0 || (marker >= 0xd0 && marker <= 0xd8);
      at += alone ? 2 : 2 + Math.max(2, reader.unsigned16(at + 2));
    }
  }

  /** Finds the header that counts, which is the last one before the data or the end of the file. */
  private static long png(ByteReader reader) throws BadImageException {
    long pixels = 0;
    int end = reader.bytes().length - 8;
    for (long at = 8;
        at <= end && !reader.hasText(at + 4, "IDAT");
        at += 12 + reader.unsigned32(at)) {
      if (reader.hasText(at + 4, "IHDR")) {
        pixels = product(reader.unsigned32(at + 8), reader.unsigned32(at + 12));
      }
    }
    return pixels;
  }

  private static long bmp(ByteReader reader) throws BadImageException {
    // A bitmap may lack the header of a file.
    long at = reader.hasText(0, "BM") ? 14 : 0;
    return reader.unsigned32(at) == 12
        ? (long) reader.unsigned16(at + 4) * reader.unsigned16(at + 6)
        : product(reader.unsigned32(at + 4), Math.abs((int) reader.unsigned32(at + 8)));
  }

  private static long tiff(TiffDirectory directory) throws BadImageException {
    return product(
        directory.integer(TiffDirectory.WIDTH, 0), directory.integer(TiffDirectory.HEIGHT, 0));
  }

  private static long webp(WebpFile file) {
    return product(file.width(), file.height());
  }

  private static long product(long width, long height) {
    return Math.multiplyExact(width, height);
  }
}
