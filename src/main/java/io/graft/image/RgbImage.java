package io.graft.image;

import io.graft.runtime.InvalidOptionException;
import java.util.Arrays;

/**
 * A decoded image.
 *
 * @param width the number of columns, at least 1
 * @param height the number of rows, at least 1
 * @param pixels the pixels: uint8, shape (height, width, 3), row-major HWC, red first; the array is
 *     shared with the caller and not copied
 */
@SuppressWarnings("ArrayRecordComponent") // Copying every image would be slow.
public record RgbImage(int width, int height, byte[] pixels) {

  /** Checks that there are three bytes for each pixel. */
  public RgbImage {
    if (width < 1 || height < 1 || pixels.length != 3L * width * height) {
      throw new InvalidOptionException(
          ("An RgbImage of width %s and height %s was given %s bytes. Expected at least one pixel and"
                  + " three bytes for each.")
              .formatted(width, height, pixels.length));
    }
  }

  /** Copies a rectangle of the image. */
  RgbImage part(Augmentation.Box box) {
    byte[] part = new byte[3 * box.width() * box.height()];
    int row = 3 * box.width();
    for (int y = 0; y < box.height(); y++) {
      int from = 3 * ((box.top() + y) * width + box.left());
      System.arraycopy(pixels, from, part, y * row, row);
    }
    return new RgbImage(box.width(), box.height(), part);
  }

  /** Exchanges left and right, in place. */
  void mirror() {
    for (int y = 0; y < height; y++) {
      int left = 3 * y * width;
      for (int right = left + 3 * (width - 1); left < right; left += 3, right -= 3) {
        for (int channel = 0; channel < 3; channel++) {
          byte value = pixels[left + channel];
          pixels[left + channel] = pixels[right + channel];
          pixels[right + channel] = value;
        }
      }
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RgbImage image
        && width == image.width
        && height == image.height
        && Arrays.equals(pixels, image.pixels);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * width + height) + Arrays.hashCode(pixels);
  }

  @Override
  public String toString() {
    return "RgbImage[" + width + "x" + height + "]";
  }
}
