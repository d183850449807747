package io.graft.image.codec;

/**
 * Converts CIE L*a*b* of 8 bits under the illuminant D50 to sRGB as Little CMS, and so Pillow, does
 * it: exactly at 33 x 33 x 33 points, and by interpolation within tetrahedra between them.
 *
 * @see <a href="https://www.littlecms.com">Little CMS: cmsopt.c, cmsintrp.c</a>
 */
final class LabToRgb {

  private static final int POINTS = 33;

  /** The step of a table index for a step of lightness, a and b. */
  private static final int[] STEPS = {3 * POINTS * POINTS, 3 * POINTS, 3};

  private static final double[] WHITE = {0.9642, 1, 0.8249};

  /** The inverse of sRGB's matrix, adapted to D50 by Bradford's method. */
  private static final double[][] RGB_OF_XYZ = {
    {3.1338561, -1.6168667, -0.4906146},
    {-0.9787684, 1.9161415, 0.0334540},
    {0.0719453, -0.2289914, 1.4052427}
  };

  private static final float[] TABLE = table();

  private LabToRgb() {}

  private static float[] table() {
    float[] table = new float[3 * POINTS * POINTS * POINTS];
    double step = 1.0 / (POINTS - 1);
    int to = 0;
    for (int lightness = 0; lightness < POINTS; lightness++) {
      for (int a = 0; a < POINTS; a++) {
        for (int b = 0; b < POINTS; b++) {
          double fy = (100 * lightness * step + 16) / 116;
          double x = WHITE[0] * inverse(fy + (255 * a * step - 128) / 500);
          double y = WHITE[1] * inverse(fy);
          double z = WHITE[2] * inverse(fy - (255 * b * step - 128) / 200);
          for (double[] row : RGB_OF_XYZ) {
            table[to++] = (float) (255 * curve(row[0] * x + row[1] * y + row[2] * z));
          }
        }
      }
    }
    return table;
  }

  private static double inverse(double f) {
    return f > 6.0 / 29 ? f * f * f : 3 * (6.0 / 29) * (6.0 / 29) * (f - 4.0 / 29);
  }

  /** Applies sRGB's transfer curve (IEC 61966-2-1). */
  private static double curve(double linear) {
    double value = Math.max(0, Math.min(1, linear));
    return value <= 0.0031308 ? 12.92 * value : 1.055 * Math.pow(value, 1 / 2.4) - 0.055;
  }

  /**
   * Converts one colour.
   *
   * @param lab lightness, a and b: 0 to 255; a and b have their zero at 128
   * @param pixels receives red, green and blue at {@code to}
   */
  static void convert(int[] lab, byte[] pixels, int to) {
    int corner = 0;
    float[] rest = new float[3];
    int[] order = {0, 1, 2};
    for (int i = 0; i < 3; i++) {
      double value = lab[i] / 255.0 * (POINTS - 1);
      int cell = Math.min((int) value, POINTS - 2);
      rest[i] = (float) (value - cell);
      corner += cell * STEPS[i];
    }
    swap(order, rest, 0, 1);
    swap(order, rest, 1, 2);
    swap(order, rest, 0, 1);
    float[] sum = {TABLE[corner], TABLE[corner + 1], TABLE[corner + 2]};
    for (int axis : order) {
      int next = corner + STEPS[axis];
      for (int i = 0; i < 3; i++) {
        sum[i] += rest[axis] * (TABLE[next + i] - TABLE[corner + i]);
      }
      corner = next;
    }
    for (int i = 0; i < 3; i++) {
      pixels[to + i] = (byte) Math.round(sum[i]);
    }
  }

  /** Puts the axis with the larger rest first. */
  private static void swap(int[] order, float[] rest, int first, int second) {
    if (rest[order[first]] < rest[order[second]]) {
      int axis = order[first];
      order[first] = order[second];
      order[second] = axis;
    }
  }
}
