package io.graft.image;

/**
 * Colour arithmetic on packed samples, exact to the bit: YCbCr to RGB like libjpeg's {@code
 * jdcolor.c}, in 16-bit fixed point, and CMYK to RGB like Pillow's {@code Convert.c}.
 */
final class ColorConversion {

  private static final int HALF = 1 << 15;
  private static final int[] RED_OF_CR = new int[256];
  private static final int[] BLUE_OF_CB = new int[256];
  private static final int[] GREEN_OF_CR = new int[256];
  private static final int[] GREEN_OF_CB = new int[256];

  static {
    for (int i = 0; i < 256; i++) {
      int x = i - 128;
      RED_OF_CR[i] = (fixed(1.40200) * x + HALF) >> 16;
      BLUE_OF_CB[i] = (fixed(1.77200) * x + HALF) >> 16;
      GREEN_OF_CR[i] = -fixed(0.71414) * x;
      GREEN_OF_CB[i] = -fixed(0.34414) * x + HALF;
    }
  }

  private ColorConversion() {}

  private static int fixed(double value) {
    return (int) (value * 65536 + 0.5);
  }

  /**
   * Converts the first three samples of each pixel from YCbCr to RGB, in place.
   *
   * @param samples uint8, {@code stride} samples for each pixel
   */
  static void yccToRgb(byte[] samples, int stride) {
    for (int i = 0; i + 2 < samples.length; i += stride) {
      int y = samples[i] & 0xff;
      int cb = samples[i + 1] & 0xff;
      int cr = samples[i + 2] & 0xff;
      samples[i] = clamp(y + RED_OF_CR[cr]);
      samples[i + 1] = clamp(y + ((GREEN_OF_CB[cb] + GREEN_OF_CR[cr]) >> 16));
      samples[i + 2] = clamp(y + BLUE_OF_CB[cb]);
    }
  }

  /** Returns the colour value of {@code ink} and {@code black}, 0 (none) to 255 (full). */
  static byte inkToColor(int ink, int black) {
    int paper = 255 - black;
    int product = ink * paper + 128;
    return clamp(paper - (((product >> 8) + product) >> 8));
  }

  private static byte clamp(int value) {
    return (byte) (value < 0 ? 0 : Math.min(value, 255));
  }
}
