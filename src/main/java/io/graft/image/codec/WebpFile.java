package io.graft.image.codec;

import io.graft.image.BadImageException;
import java.util.Arrays;

/**
 * The first image of a WebP file, found and checked as libwebp's demultiplexer does.
 *
 * @param encoded the whole file
 * @param width the columns of the canvas
 * @param height the rows of the canvas
 * @param frame where the first image is on the canvas
 * @param start the offset of its first chunk, which is ALPH or the image's
 * @param image the offset of its image chunk, VP8 or VP8L
 * @param end the end of its image chunk
 * @param orientation the orientation in its metadata
 * @see <a href="https://developers.google.com/speed/webp/docs/riff_container">WebP's container</a>
 */
record WebpFile(
    @SuppressWarnings("ArrayRecordComponent") byte[] encoded,
    int width,
    int height,
    Frame frame,
    int start,
    int image,
    int end,
    int orientation) {

  private static final int ANIMATION_FLAG = 2;
  private static final int XMP_FLAG = 4;
  private static final int EXIF_FLAG = 8;
  private static final int ALPHA_FLAG = 16;
  private static final int KNOWN_FLAGS = 0x3e;
  private static final int FRAME_HEADER_BYTES = 16;

  /** Reads the chunks of a file. The chunks after a simple image have no meaning. */
  static WebpFile parse(byte[] encoded) throws BadImageException {
    ByteReader reader = new ByteReader(encoded, false);
    long end = 8 + reader.unsigned32(4);
    reader.require(0, end);
    if (!reader.hasText(12, "VP8X")) {
      WebpFile simple = image(reader, 12, end, true, -1, -1);
      for (long at = simple.end; at < end; ) {
        at = next(reader, at, end);
      }
      return simple;
    }
    int flags = reader.unsigned8(20);
    if ((flags & ~KNOWN_FLAGS) != 0) {
      throw damaged("its header has unknown flags");
    }
    boolean animated = (flags & ANIMATION_FLAG) != 0;
    long width = (reader.unsigned32(24) & 0xffffff) + 1;
    long height = (reader.unsigned32(26) >> 8) + 1;
    ImageDecoder.checkSize(width, height);
    byte[] exif = {};
    byte[] xmp = {};
    boolean animation = false;
    WebpFile first = null;
    long next;
    for (long at = next(reader, 12, end); at < end; at = next) {
      next = next(reader, at, end);
      if (reader.hasText(at, "ANIM")) {
        animation = true;
      } else if (reader.hasText(at, "ANMF")) {
        if (!animation) {
          throw damaged("its frames have no header (ANIM)");
        }
        if (first == null) {
          first = frame(reader, at, next, (int) width, (int) height);
        }
      } else if (isImage(reader, at) || reader.hasText(at, "ALPH")) {
        if (animated || animation || (first != null && at >= first.end)) {
          throw damaged("it has an image beside its frames, or two images");
        }
        if (first == null) {
          boolean alpha = (flags & ALPHA_FLAG) != 0;
          first = image(reader, at, end, alpha, (int) width, (int) height);
        }
      } else if (reader.hasText(at, "EXIF") && (flags & EXIF_FLAG) != 0 && exif.length == 0) {
        exif = content(reader, at);
      } else if (reader.hasText(at, "XMP ") && (flags & XMP_FLAG) != 0 && xmp.length == 0) {
        xmp = content(reader, at);
      }
    }
    if (first == null) {
      throw damaged("it holds no image");
    }
    return new WebpFile(
        encoded,
        first.width,
        first.height,
        first.frame,
        first.start,
        first.image,
        first.end,
        OrientationTag.of(exif, xmp));
  }

  /** Reads a frame of an animation. Its image must have the size that its header claims. */
  private static WebpFile frame(ByteReader reader, long at, long end, int width, int height)
      throws BadImageException {
    long data = at + 8;
    reader.require(data, FRAME_HEADER_BYTES);
    long left = 2 * (reader.unsigned32(data) & 0xffffff);
    long top = 2 * (reader.unsigned32(data + 3) & 0xffffff);
    long columns = (reader.unsigned32(data + 6) & 0xffffff) + 1;
    long rows = (reader.unsigned32(data + 8) >> 8) + 1;
    if (left + columns > width || top + rows > height) {
      throw damaged("its first frame is not within its canvas");
    }
    WebpFile found = image(reader, data + FRAME_HEADER_BYTES, end, true, (int) columns, (int) rows);
    Frame box = new Frame((int) left, (int) top, (int) columns, (int) rows);
    return new WebpFile(
        reader.bytes(), width, height, box, found.start, found.image, found.end, found.orientation);
  }

  /**
   * Reads the chunks of one image.
   *
   * @param alpha whether the image may have a chunk ALPH
   * @param width the columns that the image must have, or -1 for any number
   */
  private static WebpFile image(
      ByteReader reader, long from, long end, boolean alpha, int width, int height)
      throws BadImageException {
    long start = -1;
    long at = from;
    while (at + 8 <= end && !isImage(reader, at)) {
      if (reader.hasText(at, "ALPH") && alpha && start < 0) {
        start = at;
      }
      at = next(reader, at, end);
    }
    long imageEnd = next(reader, at, end);
    boolean lossless = reader.hasText(at, "VP8L");
    if (lossless && start >= 0) {
      throw damaged("a lossless image has a chunk of alpha");
    }
    int[] size = lossless ? losslessSize(reader, at + 8) : lossySize(reader, at + 8);
    ImageDecoder.checkSize(size[0], size[1]);
    if (width >= 0 && (size[0] != width || size[1] != height)) {
      throw damaged("its canvas and its image have different sizes");
    }
    return new WebpFile(
        reader.bytes(),
        size[0],
        size[1],
        new Frame(0, 0, size[0], size[1]),
        (int) (start < 0 ? at : start),
        (int) at,
        (int) imageEnd,
        Orientation.UPRIGHT);
  }

  private static int[] losslessSize(ByteReader reader, long data) throws BadImageException {
    long sizes = reader.unsigned32(data + 1);
    if (reader.unsigned8(data) != 0x2f || sizes >> 29 != 0) {
      throw damaged("its lossless image has no valid header");
    }
    return new int[] {(int) (sizes & 0x3fff) + 1, (int) (sizes >> 14 & 0x3fff) + 1};
  }

  /** Reads the header of a key frame (RFC 6386, 9.1). */
  private static int[] lossySize(ByteReader reader, long data) throws BadImageException {
    int tag = reader.unsigned8(data);
    boolean keyFrame = (tag & 1) == 0 && (tag >> 1 & 7) <= 3 && (tag >> 4 & 1) == 1;
    if (!keyFrame || !reader.hasText(data + 3, "\u009d\u0001*")) {
      throw damaged("its lossy image has no valid header");
    }
    return new int[] {reader.unsigned16(data + 6) & 0x3fff, reader.unsigned16(data + 8) & 0x3fff};
  }

  private static boolean isImage(ByteReader reader, long at) {
    return reader.hasText(at, "VP8 ") || reader.hasText(at, "VP8L");
  }

  /** Returns the end of a chunk, whose data is padded to an even number of bytes. */
  private static long next(ByteReader reader, long at, long end) throws BadImageException {
    long length = at + 8 <= end ? reader.unsigned32(at + 4) : 0;
    long next = at + 8 + length + (length & 1);
    if (next > end) {
      throw damaged("its last chunk is cut off");
    }
    return next;
  }

  private static byte[] content(ByteReader reader, long at) throws BadImageException {
    int data = (int) at + 8;
    return Arrays.copyOfRange(reader.bytes(), data, data + (int) reader.unsigned32(at + 4));
  }

  private static BadImageException damaged(String reason) {
    return new BadImageException("the WebP file is damaged: " + reason);
  }

  /**
   * Returns whether the image is lossless. Every decoder gives the same pixels of such an image.
   */
  boolean lossless() {
    return new ByteReader(encoded, false).hasText(image, "VP8L");
  }

  /** Returns the chunks of the image with its alpha. */
  byte[] chunks() {
    return Arrays.copyOfRange(encoded, start, end);
  }

  /** Returns a file with the image alone: without alpha unless it is lossless, without profile. */
  byte[] simpleFile() {
    byte[] file = new byte[12 + end - image];
    System.arraycopy(encoded, 0, file, 0, 12);
    System.arraycopy(encoded, image, file, 12, end - image);
    for (int i = 0; i < 4; i++) {
      file[4 + i] = (byte) ((file.length - 8) >> (8 * i));
    }
    return file;
  }
}
