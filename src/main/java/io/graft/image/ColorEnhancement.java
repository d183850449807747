package io.graft.image;

/**
 * Changes of brightness, contrast and saturation, exact to the byte: Pillow's {@code ImageEnhance}
 * on its {@code Image.blend} ({@code src/libImaging/Blend.c} of Pillow 13), which torchvision
 * applies to pictures. Each works in place on pixels, uint8 RGB; a factor of 1 changes nothing.
 */
final class ColorEnhancement {

  private ColorEnhancement() {}

  /** Moves every value away from black, or towards it. */
  static void brightness(byte[] pixels, float factor) {
    blend(0, pixels, factor);
  }

  /** Moves every value away from the picture's mean grey, or towards it. */
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

  /** Moves every value away from the grey of its pixel, or towards it. */
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

  /** In float32 and cut off, as Pillow does it. */
  private static byte blend(int from, int value, float factor) {
    float blended = from + factor * (value - from);
    return (byte) Math.max(0, Math.min(255, (int) blended));
  }

  /** Pillow's conversion to mode L: ITU-R 601-2 in 16-bit fixed point. */
  private static int grey(byte[] pixels, int at) {
    int red = pixels[at] & 0xff;
    int green = pixels[at + 1] & 0xff;
    int blue = pixels[at + 2] & 0xff;
    return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
  }
}
