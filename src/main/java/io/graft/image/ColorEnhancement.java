package io.graft.image;

/**
 * Changes brightness, contrast and saturation in place, on uint8 RGB pixels. Every byte is that of
 * Pillow's {@code ImageEnhance}, which torchvision uses ({@code src/libImaging/Blend.c} of Pillow
 * 13). A factor of 1 changes nothing.
 */
final class ColorEnhancement {

  private ColorEnhancement() {}

  /** Multiplies every value by the factor. */
  static void brightness(byte[] pixels, float factor) {
    blend(0, pixels, factor);
  }

  /** Multiplies the distance of every value from the image's mean grey by the factor. */
  static void contrast(byte[] pixels, float factor) {
    if (factor == 1) {
      return;
    }
    long sum = 0;
    for (int i = 0; i < pixels.length; i += 3) {
      sum += grey(pixels, i);
    }
    int count = pixels.length / 3;
    int mean = (int) ((double) sum / count + 0.5);
    blend(mean, pixels, factor);
  }

  /** Multiplies the distance of every value from its pixel's grey by the factor. */
  static void saturation(byte[] pixels, float factor) {
    if (factor == 1) {
      return;
    }
    for (int i = 0; i < pixels.length; i += 3) {
      int grey = grey(pixels, i);
      for (int channel = i; channel < i + 3; channel++) {
        pixels[channel] = blend(grey, pixels[channel] & 0xff, factor);
      }
    }
  }

  private static void blend(int from, byte[] pixels, float factor) {
    if (factor == 1) {
      return;
    }
    byte[] blended = new byte[256];
    for (int value = 0; value < blended.length; value++) {
      blended[value] = blend(from, value, factor);
    }
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = blended[pixels[i] & 0xff];
    }
  }

  /** Blends in float32 and truncates, like Pillow. */
  private static byte blend(int from, int value, float factor) {
    float blended = from + factor * (value - from);
    return (byte) Math.max(0, Math.min(255, (int) blended));
  }

  /** Converts to grey like Pillow's mode L: ITU-R 601-2 in 16-bit fixed point. */
  private static int grey(byte[] pixels, int at) {
    int red = pixels[at] & 0xff;
    int green = pixels[at + 1] & 0xff;
    int blue = pixels[at + 2] & 0xff;
    return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
  }
}
