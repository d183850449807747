package io.graft.image.input;

import io.graft.image.InputView;
import io.graft.image.codec.JpegFile;
import java.util.List;

/** How much memory the C library needs for an image. */
final class NativeMemory {

  /** Coefficients of two bytes for three components, which a scan does not complete. */
  private static final int BYTES_OF_COEFFICIENTS = 6;

  /** A bound on the rows of libjpeg that are there at the same time, at three bytes a pixel. */
  private static final int ROWS = 64;

  /** The most that the C library keeps of the rows of one view. */
  private static final long MOST_OF_A_VIEW = 8 << 20;

  private NativeMemory() {}

  /** Returns a bound on the bytes for one image, its file included. */
  static long bytes(JpegFile file, List<InputView> views) {
    long pixels = (long) file.width() * file.height();
    long bytes = file.content().limit() + 3L * ROWS * file.width();
    if (file.severalScans()) {
      bytes += BYTES_OF_COEFFICIENTS * pixels;
    }
    for (InputView view : views) {
      // As many rows as the triangle filter is wide, of the stored image or of the view.
      long reduction =
          Math.max(view.boxWidth() / view.resizedWidth(), view.boxHeight() / view.resizedHeight());
      long row = 3L * Math.max(file.width(), Math.max(view.width(), view.height()));
      bytes += Math.min(MOST_OF_A_VIEW, 2 * (reduction + 2) * row);
    }
    return bytes;
  }
}
