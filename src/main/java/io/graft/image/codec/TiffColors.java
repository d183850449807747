package io.graft.image.codec;

import io.graft.image.BadImageException;

/** Converts the samples of a TIFF image to RGB as Pillow does. */
final class TiffColors {

  private final TiffLayout layout;
  private final byte[][] planes;
  private final int rowBytes;
  private final int sampleBytes;

  private TiffColors(TiffSamples samples) {
    layout = samples.layout();
    planes = samples.planes();
    rowBytes = layout.rowBytes(layout.width());
    sampleBytes = Math.max(1, layout.bits() / 8);
  }

  /** Converts to uint8 HWC RGB. */
  static byte[] convert(TiffSamples samples) throws BadImageException {
    TiffColors colors = new TiffColors(samples);
    TiffLayout layout = colors.layout;
    byte[] pixels =
        new byte[Math.multiplyExact(3, Math.multiplyExact(layout.width(), layout.height()))];
    byte[] palette =
        layout.photometric() == TiffLayout.PALETTE ? palette(layout.directory()) : new byte[0];
    int[] lab = new int[3];
    int to = 0;
    for (int y = 0; y < layout.height(); y++) {
      for (int x = 0; x < layout.width(); x++, to += 3) {
        switch (layout.photometric()) {
          case TiffLayout.RGB -> colors.rgb(x, y, pixels, to);
          case TiffLayout.CMYK -> {
            int black = colors.high(3, x, y);
            for (int ink = 0; ink < 3; ink++) {
              pixels[to + ink] = RasterToRgb.inkToColor(colors.high(ink, x, y), black);
            }
          }
          case TiffLayout.LAB -> {
            // TIFF stores a and b as signed numbers.
            for (int i = 0; i < 3; i++) {
              lab[i] = colors.high(i, x, y) ^ (i == 0 ? 0 : 0x80);
            }
            LabToRgb.convert(lab, pixels, to);
          }
          case TiffLayout.PALETTE -> {
            int from = 3 * colors.small(x, y);
            for (int i = 0; i < 3; i++) {
              pixels[to + i] = from < palette.length ? palette[from + i] : 0;
            }
          }
          default -> {
            byte grey = (byte) colors.grey(x, y);
            pixels[to] = grey;
            pixels[to + 1] = grey;
            pixels[to + 2] = grey;
          }
        }
      }
    }
    return pixels;
  }

  /** Returns the palette, uint8 RGB: the high byte of each 16-bit value. */
  private static byte[] palette(TiffDirectory directory) throws BadImageException {
    long[] map = directory.numbers(TiffDirectory.COLOR_MAP);
    if (map.length < 3) {
      throw new BadImageException("the TIFF file has no palette (ColorMap)");
    }
    int colors = map.length / 3;
    byte[] palette = new byte[3 * colors];
    for (int i = 0; i < palette.length; i++) {
      palette[i] = (byte) (map[i % 3 * colors + i / 3] >> 8);
    }
    return palette;
  }

  private void rgb(int x, int y, byte[] pixels, int to) {
    for (int i = 0; i < 3; i++) {
      pixels[to + i] = (byte) unmultiplied(high(i, x, y), x, y);
    }
  }

  /** Divides a colour by the alpha by which it was multiplied. */
  private int unmultiplied(int value, int x, int y) {
    int alpha = layout.associated() ? high(layout.colors(), x, y) : 255;
    return alpha == 0 ? 0 : Math.min(255, value * 255 / alpha);
  }

  /**
   * Returns a grey value from 0 to 255. As in Pillow, signed and 32-bit numbers are not scaled, but
   * cut. Unsigned numbers of 12 and 16 bits are scaled, which Pillow leaves to its caller.
   */
  private int grey(int x, int y) {
    int at = at(0, x, y);
    if (layout.format() == TiffLayout.FLOAT) {
      return clamp((int) Math.max(-1, Math.min(256, Float.intBitsToFloat(number(at, 4)))));
    }
    int bits = layout.bits();
    if (bits == 32) {
      return clamp(number(at, 4));
    }
    if (bits == 16) {
      int value = number(at, 2);
      return layout.format() == TiffLayout.SIGNED ? clamp((short) value) : (value + 128) / 257;
    }
    if (bits == 12) {
      int first = y * rowBytes + x * 3 / 2;
      int pair = (planes[0][first] & 0xff) << 8 | (planes[0][first + 1] & 0xff);
      return ((x % 2 == 0 ? pair >> 4 : pair & 0xfff) * 255 + 2047) / 4095;
    }
    int value = unmultiplied(small(x, y) * 255 / ((1 << bits) - 1), x, y);
    return layout.photometric() == TiffLayout.WHITE_IS_ZERO ? 255 - value : value;
  }

  /** Returns the first sample of a pixel, which has at most 8 bits. */
  private int small(int x, int y) {
    int bits = layout.bits();
    if (bits == 8) {
      return planes[0][at(0, x, y)] & 0xff;
    }
    int bit = x * bits;
    int value = planes[0][y * rowBytes + bit / 8] & 0xff;
    return value >> (8 - bits - bit % 8) & ((1 << bits) - 1);
  }

  /** Returns the most significant byte of a sample of 8 or 16 bits. */
  private int high(int sample, int x, int y) {
    int most = layout.directory().bigEndian() ? 0 : sampleBytes - 1;
    return planes[layout.planar() ? sample : 0][at(sample, x, y) + most] & 0xff;
  }

  private int at(int sample, int x, int y) {
    int index = layout.planar() ? x : x * layout.samples() + sample;
    return y * rowBytes + index * sampleBytes;
  }

  private int number(int at, int bytes) {
    int number = 0;
    for (int i = 0; i < bytes; i++) {
      int from = layout.directory().bigEndian() ? at + i : at + bytes - 1 - i;
      number = number << 8 | (planes[0][from] & 0xff);
    }
    return number;
  }

  private static int clamp(int value) {
    return Math.max(0, Math.min(255, value));
  }
}
