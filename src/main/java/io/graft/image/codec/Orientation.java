package io.graft.image.codec;

import io.graft.image.RgbImage;

/**
 * The EXIF orientation, 1 to 8, which says how the camera was held (EXIF 2.32, tag 0x0112). {@link
 * #apply} turns the image upright like Pillow's {@code ImageOps.exif_transpose}.
 */
final class Orientation {

  static final int UPRIGHT = 1;

  private static final int SQUARE = 64;

  private Orientation() {}

  /** Turns an image upright. */
  static RgbImage apply(RgbImage image, int orientation) {
    if (orientation == UPRIGHT) {
      return image;
    }
    int width = image.width();
    int height = image.height();
    int right = 3;
    int down = 3 * width;
    int lastColumn = right * (width - 1);
    int lastRow = down * (height - 1);
    return switch (orientation) {
      case 2 -> gather(image, width, height, lastColumn, -right, down);
      case 3 -> gather(image, width, height, lastColumn + lastRow, -right, -down);
      case 4 -> gather(image, width, height, lastRow, right, -down);
      case 5 -> gather(image, height, width, 0, down, right);
      case 6 -> gather(image, height, width, lastRow, -down, right);
      case 7 -> gather(image, height, width, lastRow + lastColumn, -down, -right);
      case 8 -> gather(image, height, width, lastColumn, down, -right);
      default -> throw new IllegalArgumentException("orientation " + orientation);
    };
  }

  /**
   * Copies the pixels from {@code start} on, with the given steps per column and row. Square by
   * square, because a column of a large image is in as many places of memory as it has rows.
   */
  private static RgbImage gather(
      RgbImage image, int width, int height, int start, int columnStep, int rowStep) {
    byte[] source = image.pixels();
    byte[] pixels = new byte[source.length];
    for (int top = 0; top < height; top += SQUARE) {
      int bottom = Math.min(height, top + SQUARE);
      for (int left = 0; left < width; left += SQUARE) {
        int right = Math.min(width, left + SQUARE);
        for (int y = top; y < bottom; y++) {
          int from = start + y * rowStep + left * columnStep;
          int to = 3 * (y * width + left);
          for (int x = left; x < right; x++) {
            pixels[to++] = source[from];
            pixels[to++] = source[from + 1];
            pixels[to++] = source[from + 2];
            from += columnStep;
          }
        }
      }
    }
    return new RgbImage(width, height, pixels);
  }
}
