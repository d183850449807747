package io.graft.image;

/**
 * Converts CIE L*a*b* of 8 bits under the illuminant D50 to sRGB, as a colour management system
 * does: to XYZ, then with the inverse of sRGB's matrix adapted to D50 by Bradford's method.
 *
 * @see <a href="https://www.color.org/srgb.pdf">sRGB</a>
 */
final class LabToRgb {

  private static final double[] WHITE = {0.9642, 1, 0.8249};

  private static final double[][] RGB_OF_XYZ = {
    {3.1338561, -1.6168667, -0.4906146},
    {-0.9787684, 1.9161415, 0.0334540},
    {0.0719453, -0.2289914, 1.4052427}
  };

  /** The steps of the table of sRGB's transfer curve. */
  private static final int STEPS = 1 << 14;

  private final byte[] curve = new byte[STEPS + 1];

  LabToRgb() {
    for (int i = 0; i <= STEPS; i++) {
      double linear = (double) i / STEPS;
      double value =
          linear <= 0.0031308 ? 12.92 * linear : 1.055 * Math.pow(linear, 1 / 2.4) - 0.055;
      curve[i] = (byte) Math.round(255 * value);
    }
  }

  /**
   * Converts one colour.
   *
   * @param lightness 0 to 255, for 0 to 100
   * @param a 0 to 255, for -128 to 127
   * @param b 0 to 255, for -128 to 127
   */
  void convert(int lightness, int a, int b, byte[] pixels, int to) {
    double fy = (lightness * 100.0 / 255 + 16) / 116;
    double x = WHITE[0] * inverse(fy + (a - 128) / 500.0);
    double y = WHITE[1] * inverse(fy);
    double z = WHITE[2] * inverse(fy - (b - 128) / 200.0);
    for (int i = 0; i < 3; i++) {
      double[] row = RGB_OF_XYZ[i];
      double linear = row[0] * x + row[1] * y + row[2] * z;
      pixels[to + i] = curve[(int) Math.round(STEPS * Math.max(0, Math.min(1, linear)))];
    }
  }

  private static double inverse(double f) {
    return f > 6.0 / 29 ? f * f * f : 3 * (6.0 / 29) * (6.0 / 29) * (f - 4.0 / 29);
  }
}
