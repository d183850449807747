package io.graft.drawing;

/**
 * The pixels of a picture in progress: red, green and blue, each float32 of shape (size, size),
 * row-major, 0 to 1.
 */
final class Canvas {

  final int size;
  final float[] red;
  final float[] green;
  final float[] blue;

  Canvas(int size) {
    this.size = size;
    red = new float[size * size];
    green = new float[size * size];
    blue = new float[size * size];
  }

  /** Blurs twice: takes the mean over a square with sides of {@code 2 radius + 1} pixels. */
  void blur(int radius) {
    float[] line = new float[size];
    for (float[] channel : new float[][] {red, green, blue}) {
      for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < size; i++) {
          blurLine(channel, i * size, 1, radius, line);
        }
        for (int i = 0; i < size; i++) {
          blurLine(channel, i, size, radius, line);
        }
      }
    }
  }

  private void blurLine(float[] channel, int start, int step, int radius, float[] line) {
    for (int i = 0; i < size; i++) {
      line[i] = channel[start + i * step];
    }
    float sum = 0;
    for (int i = -radius; i <= radius; i++) {
      sum += line[inside(i)];
    }
    for (int i = 0; i < size; i++) {
      channel[start + i * step] = sum / (2 * radius + 1);
      sum += line[inside(i + radius + 1)] - line[inside(i - radius)];
    }
  }

  private int inside(int i) {
    return Math.max(0, Math.min(size - 1, i));
  }

  /** Returns the picture as uint8 RGB packed into int32, shape (size, size). */
  int[] pixels() {
    int[] pixels = new int[size * size];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = level(red[i]) << 16 | level(green[i]) << 8 | level(blue[i]);
    }
    return pixels;
  }

  private static int level(float value) {
    return (int) (Numbers.clamp(value) * 255 + 0.5f);
  }
}
