package io.graft.image.codec;

import io.graft.image.BadImageException;
import java.nio.ByteBuffer;

/**
 * Reads unsigned numbers from a file's content, in one byte order, with bounds checks.
 *
 * @param content the whole content, from byte 0 to the buffer's limit
 * @param bigEndian whether the first byte of a number is the highest
 */
record ByteReader(ByteBuffer content, boolean bigEndian) {

  ByteReader(byte[] bytes, boolean bigEndian) {
    this(ByteBuffer.wrap(bytes), bigEndian);
  }

  /** Returns the array that this reader was created with. */
  @SuppressWarnings("ByteBufferBackingArray") // It wraps the array.
  byte[] bytes() {
    return content.array();
  }

  int length() {
    return content.limit();
  }

  int unsigned8(long offset) throws BadImageException {
    require(offset, 1);
    return content.get((int) offset) & 0xff;
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
    if (offset < 0 || offset + text.length() > length()) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if ((content.get((int) offset + i) & 0xff) != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** Returns a part of the content, which is not copied. */
  ByteBuffer part(long offset, long length) throws BadImageException {
    require(offset, length);
    return content.slice((int) offset, (int) length);
  }

  /** Checks that {@code length} bytes at {@code offset} are within the file. */
  void require(long offset, long length) throws BadImageException {
    if (offset < 0 || length < 0 || length > length() || offset > length() - length) {
      throw new BadImageException(
          "the file is cut off: it has %s bytes, and its header needs at least %s"
              .formatted(length(), offset + length));
    }
  }
}
