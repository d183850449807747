package io.graft.image.codec;

import io.graft.image.BadImageException;
import java.nio.charset.StandardCharsets;

/** Reads unsigned numbers from a byte array, in one byte order, with bounds checks. */
record ByteReader(@SuppressWarnings("ArrayRecordComponent") byte[] bytes, boolean bigEndian) {

  int unsigned8(long offset) throws BadImageException {
    require(offset, 1);
    return bytes[(int) offset] & 0xff;
  }

  int unsigned16(long offset) throws BadImageException {
    int first = unsigned8(offset);
    int second = unsigned8(offset + 1);
    return bigEndian ? first << 8 | second : second << 8 | first;
  }

  long unsigned32(long offset) throws BadImageException {
    long first = unsigned16(offset);
    long second = unsigned16(offset + 2);
    return bigEndian ? first << 16 | second : second << 16 | first;
  }

  /** Reads eight bytes; a number of 2^63 or more becomes the largest {@code long}. */
  long unsigned64(long offset) throws BadImageException {
    long value = bits64(offset);
    return value < 0 ? Long.MAX_VALUE : value;
  }

  /** Reads eight bytes as they are, such as those of a {@code double}. */
  long bits64(long offset) throws BadImageException {
    long first = unsigned32(offset);
    long second = unsigned32(offset + 4);
    return bigEndian ? first << 32 | second : second << 32 | first;
  }

  /** Returns whether the ASCII {@code text} is at {@code offset} and within the file. */
  boolean hasText(long offset, String text) {
    if (offset < 0 || offset + text.length() > bytes.length) {
      return false;
    }
    int at = (int) offset;
    return new String(bytes, at, text.length(), StandardCharsets.ISO_8859_1).equals(text);
  }

  /** Checks that {@code length} bytes at {@code offset} are within the file. */
  void require(long offset, long length) throws BadImageException {
    if (offset < 0 || length < 0 || length > bytes.length || offset > bytes.length - length) {
      throw new BadImageException(
          "the file is cut off: it has %s bytes, and its header needs at least %s"
              .formatted(bytes.length, offset + length));
    }
  }
}
