package io.graft.image.codec;

import io.graft.image.BadImageException;

/** Goes through the segments of a JPEG file (ITU T.81, annex B) before its first scan. */
final class JpegSegments {

  static final int BASELINE = 0xc0;
  static final int APP0 = 0xe0;

  private static final int START = 0xd8;
  private static final int END = 0xd9;
  private static final int SCAN = 0xda;
  private static final int APP15 = 0xef;
  private static final int COMMENT = 0xfe;

  private final ByteReader reader;
  private long at = 2;
  private int marker;
  private int length;

  JpegSegments(ByteReader reader) {
    this.reader = reader;
  }

  /** Returns whether a marker begins a frame header. */
  static boolean isFrame(int marker) {
    return marker >= BASELINE
        && marker <= 0xcf
        && marker != 0xc4
        && marker != 0xc8
        && marker != 0xcc;
  }

  /** Goes to the next segment. Returns false at the first scan, or at the end of the image. */
  boolean next() throws BadImageException {
    while (true) {
      while (reader.unsigned8(at) != 0xff) {
        at++;
      }
      marker = reader.unsigned8(++at);
      boolean alone = marker == 0 || (marker >= 0xd0 && marker < START);
      if ((marker < BASELINE && !alone) || marker == START) {
        throw new BadImageException(
            "the JPEG file is damaged: it has the unexpected marker "
                + Integer.toHexString(0xff00 | marker));
      } else if (marker == SCAN || marker == END) {
        return false;
      } else if (alone) {
        at++;
      } else if (marker != 0xff) {
        // A length below 2 is wrong; libjpeg and Pillow go on after it.
        length = Math.max(2, reader.unsigned16(at + 1));
        reader.require(at + 1, length);
        at += 1 + length;
        return true;
      }
    }
  }

  int marker() {
    return marker;
  }

  boolean isFrame() {
    return isFrame(marker);
  }

  /** Returns whether decoders do not need it: an application segment or a comment. */
  boolean isApplication() {
    return (marker >= APP0 && marker <= APP15) || marker == COMMENT;
  }

  /** Returns whether the image ended without a scan. */
  boolean ended() {
    return marker == END;
  }

  /** Returns the offset of the segment's content. */
  int data() {
    return (int) at - length();
  }

  /** Returns the number of bytes of the segment's content. */
  int length() {
    return length - 2;
  }

  /** Returns the offset of the marker at which {@link #next} returned false. */
  int scan() {
    return (int) at - 1;
  }
}
