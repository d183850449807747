package io.graft.image;

import java.util.Arrays;

/**
 * Pillow's antialiased bilinear resize, with exactly the same bytes ({@code
 * src/libImaging/Resample.c} of Pillow 13). A triangle filter as wide as the reduction factor runs
 * over each axis in 22-bit fixed point. Values are rounded to bytes after the first axis, so the
 * order of the axes changes the result.
 */
final class BilinearResize {

  private static final int PRECISION_BITS = 22;
  private static final int HALF = 1 << (PRECISION_BITS - 1);

  /** One axis: output {@code i} sums {@code weights[i]} times the inputs from {@code first[i]}. */
  private record Axis(
      @SuppressWarnings("ArrayRecordComponent") int[] first,
      @SuppressWarnings("ArrayRecordComponent") int[][] weights) {

    int begin() {
      return first[0];
    }

    int end() {
      int last = first.length - 1;
      return first[last] + weights[last].length;
    }
  }

  private BilinearResize() {}

  /** Resizes a whole image. */
  static RgbImage resize(RgbImage image, int width, int height) {
    return resize(image, width, height, 0, 0, width, height);
  }

  /**
   * Resizes an image to {@code width} x {@code height} and returns a window of the result. Computes
   * only the pixels that the window needs.
   */
  static RgbImage resize(
      RgbImage image,
      long width,
      long height,
      long left,
      long top,
      int windowWidth,
      int windowHeight) {
    Axis columns = axis(image.width(), width, left, windowWidth);
    Axis rows = axis(image.height(), height, top, windowHeight);
    byte[] source = image.pixels();
    byte[] result;
    if (verticalFirst(image, width, height)) {
      int neededColumns = columns.end() - columns.begin();
      byte[] shrunk = vertical(source, image.width(), columns.begin(), neededColumns, rows, 0);
      result = horizontal(shrunk, neededColumns, 0, windowHeight, columns, columns.begin());
    } else {
      byte[] shrunk = horizontal(source, image.width(), rows.begin(), rows.end(), columns, 0);
      result = vertical(shrunk, windowWidth, 0, windowWidth, rows, rows.begin());
    }
    return new RgbImage(windowWidth, windowHeight, result);
  }

  /**
   * Returns whether to resize vertically first. Since version 13 (pull request 9549), Pillow does
   * so if the image loses more than two rows for each lost column.
   */
  private static boolean verticalFirst(RgbImage image, long width, long height) {
    long lostRows = image.height() - height;
    return lostRows > 0 && lostRows > 2 * (image.width() - width);
  }

  /** Computes the weights of outputs {@code from} to {@code from + count} of one axis. */
  private static Axis axis(int in, long out, long from, int count) {
    int[] first = new int[count];
    int[][] weights = new int[count][];
    double scale = (double) in / out;
    double support = Math.max(scale, 1.0);
    double inverse = 1.0 / support;
    for (int i = 0; i < count; i++) {
      if (in == out) {
        first[i] = (int) (from + i);
        weights[i] = new int[] {1 << PRECISION_BITS};
        continue;
      }
      double center = (from + i + 0.5) * scale;
      int low = Math.max(0, (int) (center - support + 0.5));
      int high = Math.min(in, (int) (center + support + 0.5));
      double[] exact = new double[high - low];
      double sum = 0;
      for (int x = 0; x < exact.length; x++) {
        exact[x] = Math.max(0, 1 - Math.abs((x + low - center + 0.5) * inverse));
        sum += exact[x];
      }
      first[i] = low;
      weights[i] = new int[exact.length];
      for (int x = 0; x < exact.length; x++) {
        double weight = sum == 0 ? exact[x] : exact[x] / sum;
        weights[i][x] = (int) (0.5 + weight * (1 << PRECISION_BITS));
      }
    }
    return new Axis(first, weights);
  }

  /**
   * Resizes rows {@code begin} to {@code end} horizontally.
   *
   * @param origin the column of the image that is column 0 of {@code source}
   */
  private static byte[] horizontal(
      byte[] source, int sourceWidth, int begin, int end, Axis columns, int origin) {
    int width = columns.first().length;
    byte[] result = new byte[Math.multiplyExact(end - begin, 3 * width)];
    int to = 0;
    for (int y = begin; y < end; y++) {
      int row = 3 * sourceWidth * y;
      for (int x = 0; x < width; x++, to += 3) {
        int from = row + 3 * (columns.first()[x] - origin);
        int red = HALF;
        int green = HALF;
        int blue = HALF;
        for (int weight : columns.weights()[x]) {
          red += (source[from] & 0xff) * weight;
          green += (source[from + 1] & 0xff) * weight;
          blue += (source[from + 2] & 0xff) * weight;
          from += 3;
        }
        result[to] = clamp(red);
        result[to + 1] = clamp(green);
        result[to + 2] = clamp(blue);
      }
    }
    return result;
  }

  /**
   * Resizes {@code count} columns from {@code begin} vertically.
   *
   * @param origin the row of the image that is row 0 of {@code source}
   */
  private static byte[] vertical(
      byte[] source, int sourceWidth, int begin, int count, Axis rows, int origin) {
    int stride = 3 * count;
    int height = rows.first().length;
    byte[] result = new byte[Math.multiplyExact(height, stride)];
    int[] sums = new int[stride];
    for (int y = 0; y < height; y++) {
      Arrays.fill(sums, HALF);
      int from = 3 * (sourceWidth * (rows.first()[y] - origin) + begin);
      for (int weight : rows.weights()[y]) {
        for (int x = 0; x < stride; x++) {
          sums[x] += (source[from + x] & 0xff) * weight;
        }
        from += 3 * sourceWidth;
      }
      for (int x = 0; x < stride; x++) {
        result[y * stride + x] = clamp(sums[x]);
      }
    }
    return result;
  }

  private static byte clamp(int sum) {
    int value = sum >> PRECISION_BITS;
    return (byte) (value < 0 ? 0 : Math.min(value, 255));
  }
}
