package io.graft.image.input;

import io.graft.image.codec.JpegFile;

/** How much memory the C library needs for an image. */
final class NativeMemory {

  /** Coefficients of two bytes for three components, which a scan does not complete. */
  private static final int BYTES_OF_COEFFICIENTS = 6;

  /** A bound on the rows that are there at the same time, at three bytes a pixel. */
  private static final int ROWS = 64;

  private NativeMemory() {}

  /** Returns a bound on the bytes for one image, its file included. */
  static long bytes(JpegFile file) {
    long pixels = (long) file.width() * file.height();
    long coefficients = file.severalScans() ? BYTES_OF_COEFFICIENTS * pixels : 0;
    return file.content().limit() + coefficients + 3L * ROWS * file.width();
  }
}
