package io.graft.image;

import java.nio.charset.StandardCharsets;

/**
 * Unsigned numbers at positions of a byte array, in one byte order; every read is bounds-checked.
 */
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

  /** Whether the ASCII {@code text} stands at {@code offset}; false beyond the end. */
  boolean hasText(long offset, String text) {
    if (offset < 0 || offset + text.length() > bytes.length) {
      return false;
    }
    int at = (int) offset;
    return new String(bytes, at, text.length(), StandardCharsets.ISO_8859_1).equals(text);
  }

  /** Refuses a piece of {@code length} bytes at {@code offset} that is not wholly in the file. */
  void require(long offset, long length) throws BadImageException {
    if (offset < 0 || length < 0 || offset + length > bytes.length) {
      throw cutOff(offset + length);
    }
  }

  private BadImageException cutOff(long needed) {
    return new BadImageException(
        "the file is cut off: it has "
            + bytes.length
            + " bytes and its own header asks for at least "
            + needed);
  }
}
