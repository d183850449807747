package io.graft.image.codec;

import io.graft.image.BadImageException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.HexFormat;

/**
 * What a JPEG file (ITU T.81, annex B) says before its first scan. The content is not copied.
 *
 * @param content the whole file
 * @param width the columns of the stored image, before it is turned upright; 0 if it is damaged
 * @param height the rows of the stored image; 0 if it is damaged
 * @param colors the colour space of the samples
 * @param usualSampling whether the chroma has full size, half the width, or half the width and
 *     height; other ratios decode differently in different versions of libjpeg
 * @param lossless whether it has lossless coding
 * @param severalScans whether a row of pixels needs more than one scan, so that decoders keep the
 *     coefficients of the whole image
 * @param orientation the orientation, 1 to 8
 * @param scan the offset of the first scan's marker
 */
public record JpegFile(
    ByteBuffer content,
    int width,
    int height,
    Colors colors,
    boolean usualSampling,
    boolean lossless,
    boolean severalScans,
    int orientation,
    int scan) {

  /** The colour spaces of JPEG files. */
  public enum Colors {
    /** One component. */
    GREY,
    /** Three components that need no conversion. */
    RGB,
    /** Luma and two components of chroma. */
    YCC,
    /** Four inks. */
    CMYK,
    /** Four inks, the first three as luma and chroma. */
    YCCK
  }

  /** An upper bound on the pixels per byte: a block of 8 x 8 samples takes at least one bit. */
  static final long PIXELS_PER_BYTE = 1024;

  /**
   * The start of {@link #stream}: JFIF says that three components are YCbCr, whatever their names.
   */
  private static final byte[] BEGINNING =
      HexFormat.of().parseHex("ffd8ffe000104a46494600010100000100010000");

  /** Reads a file up to its first scan, and checks that it is of a kind that can be decoded. */
  static JpegFile parse(byte[] encoded) throws BadImageException {
    return parse(ByteBuffer.wrap(encoded));
  }

  /**
   * Reads a file up to its first scan, and checks that it is of a kind that can be decoded.
   *
   * @param content the whole file, from byte 0 to the buffer's limit
   * @throws BadImageException if it is none, or damaged
   */
  public static JpegFile parse(ByteBuffer content) throws BadImageException {
    return new JpegHeader(content).parse();
  }

  /** Returns whether a file begins like a JPEG file, and not like one of another format too. */
  public static boolean startsIn(ByteBuffer content) {
    ByteReader reader = new ByteReader(content, true);
    return reader.hasText(0, "\u00ff\u00d8\u00ff") && !reader.hasText(4, "ftyp");
  }

  /**
   * Returns whether all versions of libjpeg and Java's decoder give the same pixels, unless the
   * scans are damaged.
   */
  public boolean decodesEqually() {
    long pixels = (long) width * height;
    return usualSampling && pixels > 0 && pixels / PIXELS_PER_BYTE <= content.limit();
  }

  /**
   * Returns a copy of the file without what does not change the samples: profiles, thumbnails,
   * comments and other application segments, in which decoders find different faults.
   */
  byte[] stream() throws BadImageException {
    ByteArrayOutputStream stream = new ByteArrayOutputStream(content.limit() + BEGINNING.length);
    stream.writeBytes(BEGINNING);
    JpegSegments segments = new JpegSegments(new ByteReader(content, true));
    while (segments.next()) {
      if (!segments.isApplication()) {
        // The length is at most 16 bits, so a wrong one is written right.
        int length = segments.length() + 2;
        stream.write(0xff);
        stream.write(segments.marker());
        stream.write(length >> 8);
        stream.write(length);
        write(content.slice(segments.data(), segments.length()), stream);
      }
    }
    write(content.slice(scan, content.limit() - scan), stream);
    return stream.toByteArray();
  }

  private static void write(ByteBuffer bytes, ByteArrayOutputStream stream) {
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    stream.writeBytes(copy);
  }
}
