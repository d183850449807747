package io.graft.image.codec;

import io.graft.image.BadImageException;
import io.graft.image.RgbImage;
import io.graft.image.codec.JpegFile.Colors;
import java.awt.image.DataBufferByte;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Decodes JPEG to RGB. libjpeg-turbo decodes common images, if it is installed. Otherwise ImageIO's
 * reader decompresses, and this class converts the colours by libjpeg's rules, and by Pillow's
 * rules for CMYK. ImageIO itself guesses colour spaces differently.
 */
final class JpegDecoder {

  /** The most pixels for libjpeg-turbo, which needs a second copy of them outside of the heap. */
  private static final long TURBO_PIXELS = 1 << 26;

  /** libjpeg's warnings (jerror.h) which mean that pixels were invented. */
  private static final List<String> FATAL_WARNINGS =
      List.of("remature end", "bad Huffman code", "instead of RST");

  // YCbCr to RGB in 16-bit fixed point, exact to the bit: libjpeg's jdcolor.c.
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

  private JpegDecoder() {}

  /** Decodes an image, with libjpeg-turbo if allowed. The pixels are the same without it. */
  static RgbImage decode(byte[] encoded, boolean turboAllowed)
      throws BadImageException, IOException {
    JpegFile file = JpegFile.parse(encoded);
    ImageDecoder.checkSize(file.width(), file.height());
    long pixels = (long) file.width() * file.height();
    ImageDecoder.checkClaim(pixels, JpegFile.PIXELS_PER_BYTE, encoded);
    byte[] stream = file.stream();
    Optional<byte[]> turbo =
        turboAllowed && file.usualSampling() && pixels <= TURBO_PIXELS
            ? TurboJpeg.decode(stream, file.width(), file.height())
            : Optional.empty();
    RgbImage image =
        turbo.isPresent()
            ? new RgbImage(file.width(), file.height(), turbo.get())
            : file.lossless()
                ? decodeLossless(file, stream)
                : decodeByImageIo(stream, file.colors());
    return Orientation.apply(image, file.orientation());
  }

  private static RgbImage decodeLossless(JpegFile file, byte[] stream) throws BadImageException {
    int bands =
        switch (file.colors()) {
          case GREY -> 1;
          case RGB -> 3;
          case CMYK -> 4;
          // libjpeg refuses these too, because the conversion would lose precision.
          case YCC, YCCK ->
              throw new BadImageException(
                  "the JPEG file has lossless coding of YCbCr, which is not supported; RGB is");
        };
    byte[] samples = LosslessJpeg.samples(stream, file.width(), file.height(), bands);
    return new RgbImage(file.width(), file.height(), toRgb(samples, file.colors()));
  }

  private static RgbImage decodeByImageIo(byte[] encoded, Colors colors)
      throws BadImageException, IOException {
    Raster raster = raster(encoded);
    byte[] pixels = toRgb(samples(raster), colors);
    return new RgbImage(raster.getWidth(), raster.getHeight(), pixels);
  }

  /**
   * Decompresses a strip or tile of TIFF, without conversion of its colours.
   *
   * @return the samples, uint8, {@code bands} of them for each pixel
   */
  static byte[] samples(byte[] encoded, int bands, int columns, int rows)
      throws BadImageException, IOException {
    // The header may claim more rows than the strip or tile should have.
    ImageDecoder.checkClaim(
        ImageSize.pixels(encoded, ImageFormat.JPEG), JpegFile.PIXELS_PER_BYTE, encoded);
    byte[] stream = encoded;
    if (bands != 2) {
      JpegFile file = JpegFile.parse(encoded);
      stream = file.stream();
      if (file.lossless() && file.width() == columns && file.height() >= rows) {
        return LosslessJpeg.samples(stream, columns, file.height(), bands);
      }
    }
    Raster raster = raster(stream);
    if (raster.getNumBands() != bands
        || raster.getWidth() != columns
        || raster.getHeight() < rows) {
      throw new BadImageException(
          "the TIFF data is damaged: a strip or tile has JPEG data of another size");
    }
    return samples(raster);
  }

  private static Raster raster(byte[] encoded) throws BadImageException, IOException {
    return ImageIoDecoder.read(
        encoded, ImageFormat.JPEG, FATAL_WARNINGS, reader -> reader.readRaster(0, null));
  }

  private static byte[] samples(Raster raster) throws BadImageException {
    int bands = raster.getNumBands();
    if (raster.getDataBuffer() instanceof DataBufferByte buffer
        && raster.getSampleModel() instanceof PixelInterleavedSampleModel model
        && model.getPixelStride() == bands
        && model.getScanlineStride() == bands * raster.getWidth()
        && buffer.getData().length == bands * raster.getWidth() * raster.getHeight()) {
      return buffer.getData();
    }
    throw new BadImageException("the JPEG data has an unusual layout: " + raster.getSampleModel());
  }

  /** Converts to RGB. Works in place if the result has as many samples as the input. */
  private static byte[] toRgb(byte[] samples, Colors colors) {
    switch (colors) {
      case RGB -> {}
      case YCC -> yccToRgb(samples, 3);
      case GREY -> {
        byte[] pixels = new byte[Math.multiplyExact(samples.length, 3)];
        for (int to = 0; to < pixels.length; to++) {
          pixels[to] = samples[to / 3];
        }
        return pixels;
      }
      case CMYK, YCCK -> {
        boolean ycck = colors == Colors.YCCK;
        if (ycck) {
          yccToRgb(samples, 4);
        }
        // Adobe stores inverted inks, and Pillow assumes inverted inks in every CMYK file. YCCK
        // holds YCbCr of (255 - ink), and libjpeg's conversion inverts once more.
        int flip = ycck ? 0 : 255;
        byte[] pixels = new byte[samples.length / 4 * 3];
        for (int i = 0, to = 0; i < samples.length; i += 4) {
          int black = 255 - (samples[i + 3] & 0xff);
          for (int ink = i; ink < i + 3; ink++) {
            pixels[to++] = RasterToRgb.inkToColor((samples[ink] & 0xff) ^ flip, black);
          }
        }
        return pixels;
      }
    }
    return samples;
  }

  /**
   * Converts the first three samples of each pixel from YCbCr to RGB, in place.
   *
   * @param samples the samples, uint8, {@code stride} of them for each pixel
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

  private static byte clamp(int value) {
    return (byte) (value < 0 ? 0 : Math.min(value, 255));
  }

  private static int fixed(double value) {
    return (int) (value * 65536 + 0.5);
  }
}
