package io.graft.image.codec;

import io.graft.image.BadImageException;

/**
 * Decompresses LZW data of TIFF files, and refuses damaged data where libtiff does.
 *
 * @see <a href="https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf">TIFF 6.0, section
 *     13</a>
 */
final class TiffLzw {

  private static final int CLEAR = 256;
  private static final int END = 257;
  private static final int FIRST_BITS = 9;
  private static final int MOST_BITS = 12;

  /**
   * The entries of the table. Some encoders add more than codes can name; libtiff allows as many.
   */
  private static final int ENTRIES = (1 << MOST_BITS) + 1023;

  /** Each entry is the string of another entry and one byte more. */
  private final int[] prefix = new int[ENTRIES];

  private final byte[] last = new byte[ENTRIES];
  private final byte[] first = new byte[ENTRIES];
  private final int[] length = new int[ENTRIES];
  private final byte[] data;
  private final byte[] bytes;
  private long bit;

  private TiffLzw(byte[] data, int expected) {
    this.data = data;
    bytes = new byte[expected];
    for (int i = 0; i < CLEAR; i++) {
      last[i] = (byte) i;
      first[i] = (byte) i;
      length[i] = 1;
    }
  }

  /** Returns whether the data is of the kind with reversed bits, from before TIFF 5.0. */
  static boolean isOld(byte[] data) {
    return data.length > 1 && data[0] == 0 && (data[1] & 1) == 1;
  }

  /**
   * Decompresses a strip or tile, which is not of the old kind.
   *
   * @return {@code expected} bytes
   */
  static byte[] decode(byte[] data, int expected) throws BadImageException {
    return new TiffLzw(data, expected).decode();
  }

  private byte[] decode() throws BadImageException {
    // The data begins with the code that makes the table.
    int free = 0;
    int bits = FIRST_BITS;
    int old = -1;
    int at = 0;
    while (at < bytes.length) {
      int code = code(bits);
      if (code == END) {
        throw TiffCompression.cutOff();
      }
      if (code == CLEAR) {
        free = END + 1;
        bits = FIRST_BITS;
        old = -1;
        continue;
      }
      if (old < 0 ? code > CLEAR || free == 0 : code > free || free >= ENTRIES) {
        throw new BadImageException(
            "the TIFF data is damaged: the LZW code %s is not in the table of %s"
                .formatted(code, free));
      }
      if (old >= 0) {
        prefix[free] = old;
        first[free] = first[old];
        last[free] = first[code == free ? old : code];
        length[free] = length[old] + 1;
        free++;
        // The width grows one entry earlier than it must.
        bits = Math.min(MOST_BITS, 32 - Integer.numberOfLeadingZeros(free + 1));
      }
      write(code, at);
      at = Math.min(bytes.length, at + length[code]);
      old = code;
    }
    return bytes;
  }

  /** Writes the string of a code, of which the end may be outside. */
  private void write(int code, int at) {
    int entry = code;
    for (int to = at + length[code] - 1; to >= at; to--) {
      if (to < bytes.length) {
        bytes[to] = last[entry];
      }
      entry = prefix[entry];
    }
  }

  /** Reads the next code; the end of the data is the end of the strip. */
  private int code(int bits) {
    if (bit + bits > 8L * data.length) {
      return END;
    }
    int code = 0;
    for (int i = 0; i < bits; ) {
      int left = 8 - (int) (bit % 8);
      int count = Math.min(bits - i, left);
      int value = (data[(int) (bit / 8)] & 0xff) >> (left - count) & ((1 << count) - 1);
      code = code << count | value;
      bit += count;
      i += count;
    }
    return code;
  }
}
