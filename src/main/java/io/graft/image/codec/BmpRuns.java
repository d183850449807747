package io.graft.image.codec;

import java.util.Arrays;

/** A decoder of a bitmap's run lengths: a pair of bytes is a run, or a zero and a command. */
final class BmpRuns {

  private final byte[] bytes;
  private final int width;
  private final boolean wholeBytes;
  private final byte[] data;
  private int at;
  private int length;
  private int x;

  /**
   * Creates a decoder.
   *
   * @param bytes the file
   * @param dataAt where its run lengths begin
   * @param width the number of pixels in a row
   * @param wholeBytes whether a pixel has 8 bits rather than 4
   * @param data receives the positions in the palette, row by row, as the file has them
   */
  BmpRuns(byte[] bytes, long dataAt, int width, boolean wholeBytes, byte[] data) {
    this.bytes = bytes;
    this.at = (int) Math.min(dataAt, bytes.length);
    this.width = width;
    this.wholeBytes = wholeBytes;
    this.data = data;
  }

  /** Returns the number of pixels that were read. */
  int read() {
    while (length < data.length && at + 1 < bytes.length) {
      int count = bytes[at] & 0xff;
      int value = bytes[at + 1] & 0xff;
      at += 2;
      if (count > 0) {
        int run = Math.max(0, Math.min(count, width - x));
        for (int i = 0; i < run; i++) {
          put(wholeBytes ? value : i % 2 == 0 ? value >> 4 : value & 15);
        }
        x += run;
      } else if (value == 0) {
        length = Math.min(data.length, (length + width - 1) / width * width);
        x = 0;
      } else if (value == 1 || !(value == 2 ? skip() : copy(value))) {
        break;
      }
    }
    return length;
  }

  private boolean skip() {
    if (at + 1 >= bytes.length) {
      return false;
    }
    long pixels = (bytes[at] & 0xff) + (long) (bytes[at + 1] & 0xff) * width;
    at += 2;
    length = (int) Math.min(data.length, length + pixels);
    x = length % width;
    return true;
  }

  private boolean copy(int claimed) {
    int count = Math.min(data.length - length, claimed);
    int stored = wholeBytes ? count : (count + 1) / 2;
    boolean whole = at + stored <= bytes.length;
    byte[] copied = Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + stored));
    int pixels = Math.min(count, wholeBytes ? copied.length : 2 * copied.length);
    for (int i = 0; i < pixels; i++) {
      int value = copied[wholeBytes ? i : i / 2] & 0xff;
      put(wholeBytes ? value : i % 2 == 0 ? value >> 4 : value & 15);
    }
    at += stored;
    x += claimed;
    at += at % 2;
    return whole && length < data.length;
  }

  private void put(int value) {
    if (length < data.length) {
      data[length++] = (byte) value;
    }
  }
}
