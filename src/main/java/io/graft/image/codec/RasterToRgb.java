package io.graft.image.codec;

import io.graft.image.BadImageException;
import java.awt.color.ColorSpace;
import java.awt.image.ColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;

/**
 * Converts stored samples to RGB like Pillow's {@code convert("RGB")}: it drops alpha without
 * blending and ignores colour profiles. The colour model gives the meaning of the samples, but it
 * does not convert them, because Java treats grey as linear light.
 */
final class RasterToRgb {

  private RasterToRgb() {}

  /** Converts a raster to uint8 HWC RGB. */
  static byte[] convert(Raster raster, ColorModel colors) throws BadImageException {
    int width = raster.getWidth();
    int height = raster.getHeight();
    byte[] pixels = new byte[Math.multiplyExact(3, Math.multiplyExact(width, height))];
    int type = raster.getSampleModel().getDataType();
    if (type != DataBuffer.TYPE_BYTE
        && type != DataBuffer.TYPE_USHORT
        && type != DataBuffer.TYPE_INT) {
      throw new BadImageException("its samples are not integers of 1 to 16 bits");
    }
    if (colors instanceof IndexColorModel palette) {
      fromPalette(raster, palette, pixels);
      return pixels;
    }
    int[] maximum = new int[raster.getNumBands()];
    for (int band = 0; band < maximum.length; band++) {
      int bits = raster.getSampleModel().getSampleSize(band);
      if (bits < 1 || bits > 16) {
        throw new BadImageException("it has " + bits + " bits a sample; 1 to 16 are supported");
      }
      maximum[band] = (1 << bits) - 1;
    }
    int space = colors.getColorSpace().getType();
    int expected =
        switch (space) {
          case ColorSpace.TYPE_GRAY -> 1;
          case ColorSpace.TYPE_RGB -> 3;
          case ColorSpace.TYPE_CMYK -> 4;
          default -> Integer.MAX_VALUE;
        };
    if (maximum.length < expected) {
      throw new BadImageException(
          "it has " + maximum.length + " samples a pixel of colour space type " + space);
    }
    if (space == ColorSpace.TYPE_RGB && fromBytes(raster, pixels)) {
      return pixels;
    }
    int[] row = new int[width * maximum.length];
    int to = 0;
    for (int y = 0; y < height; y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
      for (int from = 0; from < row.length; from += maximum.length) {
        int black = space == ColorSpace.TYPE_CMYK ? sample(row[from + 3], maximum[3]) : 0;
        for (int i = 0; i < 3; i++) {
          pixels[to++] =
              switch (space) {
                case ColorSpace.TYPE_GRAY -> (byte) grey(row[from], maximum[0], maximum.length);
                case ColorSpace.TYPE_RGB -> (byte) sample(row[from + i], maximum[i]);
                default -> inkToColor(sample(row[from + i], maximum[i]), black);
              };
        }
      }
    }
    return pixels;
  }

  private static void fromPalette(Raster raster, IndexColorModel palette, byte[] pixels) {
    int[] rgb = new int[1 << 16];
    palette.getRGBs(rgb);
    int width = raster.getWidth();
    int[] row = new int[width];
    int to = 0;
    for (int y = 0; y < raster.getHeight(); y++) {
      raster.getSamples(raster.getMinX(), raster.getMinY() + y, width, 1, 0, row);
      for (int index : row) {
        int color = rgb[index];
        pixels[to++] = (byte) (color >> 16);
        pixels[to++] = (byte) (color >> 8);
        pixels[to++] = (byte) color;
      }
    }
  }

  /** Copies bytes directly, if the raster has the usual layout. */
  private static boolean fromBytes(Raster raster, byte[] pixels) {
    if (!(raster.getSampleModel() instanceof PixelInterleavedSampleModel model)
        || !(raster.getDataBuffer() instanceof DataBufferByte buffer)
        || buffer.getNumBanks() != 1
        || raster.getParent() != null) {
      return false;
    }
    byte[] data = buffer.getData();
    int[] band = model.getBandOffsets();
    int to = 0;
    for (int y = 0; y < raster.getHeight(); y++) {
      int from = buffer.getOffset() + y * model.getScanlineStride();
      for (int x = 0; x < raster.getWidth(); x++, from += model.getPixelStride()) {
        pixels[to++] = data[from + band[0]];
        pixels[to++] = data[from + band[1]];
        pixels[to++] = data[from + band[2]];
      }
    }
    return true;
  }

  /** Converts a grey sample. Pillow rounds 16 bits, or with alpha keeps their high byte. */
  private static int grey(int value, int maximum, int bands) {
    return maximum == 65535 && bands == 1 ? (value + 128) / 257 : sample(value, maximum);
  }

  /** Converts a sample. Pillow keeps the high byte of 16 bits and stretches fewer than 8 bits. */
  private static int sample(int value, int maximum) {
    if (maximum == 255) {
      return value;
    }
    return maximum == 65535 ? value >> 8 : value * 255 / maximum;
  }

  /**
   * Converts one ink of CMYK to a colour of RGB, like Pillow's {@code Convert.c}.
   *
   * @return the colour value for {@code ink} and {@code black}, which are 0 (none) to 255 (full)
   */
  static byte inkToColor(int ink, int black) {
    int paper = 255 - black;
    int product = ink * paper + 128;
    return (byte) (paper - (((product >> 8) + product) >> 8));
  }
}
