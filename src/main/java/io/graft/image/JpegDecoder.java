package io.graft.image;

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

  /** An upper bound on the pixels per byte: a block of 8 x 8 samples takes at least one bit. */
  private static final long PIXELS_PER_BYTE = 1024;

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

  private enum Colors {
    GREY,
    RGB,
    YCC,
    CMYK,
    YCCK
  }

  /**
   * The values that decoding needs from the part of the file before the first scan.
   *
   * @param usualSampling whether the chroma has full size, half the width, or half the width and
   *     height; other ratios decode differently in different versions of libjpeg
   */
  private record Header(
      int width, int height, Colors colors, boolean usualSampling, int orientation) {}

  private JpegDecoder() {}

  /** Decodes an image, with libjpeg-turbo if allowed. The pixels are the same without it. */
  static RgbImage decode(byte[] encoded, boolean turboAllowed)
      throws BadImageException, IOException {
    Header header = readHeader(encoded);
    ImageDecoder.checkSize(header.width(), header.height());
    ImageDecoder.checkClaim((long) header.width() * header.height(), PIXELS_PER_BYTE, encoded);
    Optional<byte[]> turbo =
        turboAllowed && header.usualSampling()
            ? TurboJpeg.decode(encoded, header.width(), header.height())
            : Optional.empty();
    RgbImage image =
        turbo.isPresent()
            ? new RgbImage(header.width(), header.height(), turbo.get())
            : decodeByImageIo(encoded, header.colors());
    return Orientation.apply(image, header.orientation());
  }

  private static RgbImage decodeByImageIo(byte[] encoded, Colors colors)
      throws BadImageException, IOException {
    Raster raster =
        ImageIoDecoder.read(
            encoded, ImageFormat.JPEG, FATAL_WARNINGS, reader -> reader.readRaster(0, null));
    byte[] pixels = toRgb(samples(raster), colors);
    return new RgbImage(raster.getWidth(), raster.getHeight(), pixels);
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

  /** Reads the markers (ITU T.81, annex B) before the first scan. */
  private static Header readHeader(byte[] encoded) throws BadImageException {
    ByteReader reader = new ByteReader(encoded, true);
    boolean jfif = false;
    int adobeTransform = -1;
    int orientation = 0;
    long frame = -1;
    long at = 2;
    while (true) {
      while (reader.unsigned8(at) != 0xff) {
        at++;
      }
      int marker = reader.unsigned8(++at);
      if (marker == 0xff) {
        continue;
      }
      at++;
      if (marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
        continue;
      }
      if (marker == 0xda || marker == 0xd9) {
        break;
      }
      int length = reader.unsigned16(at);
      reader.require(at, Math.max(2, length));
      if (marker == 0xe0 && reader.hasText(at + 2, "JFIF\0")) {
        jfif = true;
      } else if (marker == 0xe1 && orientation == 0 && reader.hasText(at + 2, "Exif\0\0")) {
        orientation = Orientation.ofExif(encoded, (int) at + 8, Math.max(0, length - 8));
      } else if (marker == 0xee && length >= 14 && reader.hasText(at + 2, "Adobe")) {
        adobeTransform = reader.unsigned8(at + 13);
      } else if (isFrame(marker)) {
        frame = at;
      }
      at += Math.max(2, length);
    }
    if (frame < 0) {
      throw new BadImageException("the JPEG file holds no image: it has no frame header");
    }
    boolean progressive = reader.unsigned8(frame - 1) == 0xc2;
    boolean severalScans = reader.unsigned8(at + 2) < reader.unsigned8(frame + 7);
    if (progressive || severalScans) {
      requireEnd(reader, at);
    }
    int bits = reader.unsigned8(frame + 2);
    if (bits != 8) {
      throw new BadImageException("the JPEG file has " + bits + " bits a sample; 8 are supported");
    }
    Colors colors = colors(reader, frame, jfif, adobeTransform);
    return new Header(
        reader.unsigned16(frame + 5),
        reader.unsigned16(frame + 3),
        colors,
        usualSampling(reader, frame, colors),
        orientation == 0 ? Orientation.UPRIGHT : orientation);
  }

  /** Requires the end marker. Without it, a file cut off between two scans decodes silently. */
  private static void requireEnd(ByteReader reader, long start) throws BadImageException {
    byte[] bytes = reader.bytes();
    for (int i = (int) start; i + 1 < bytes.length; i++) {
      if (bytes[i] == (byte) 0xff) {
        int marker = bytes[i + 1] & 0xff;
        if (marker == 0xd9) {
          return;
        }
        boolean segment = marker >= 0xc0 && (marker < 0xd0 || marker > 0xd7) && marker != 0xff;
        if (segment && i + 3 < bytes.length) {
          i += 1 + reader.unsigned16(i + 2);
        }
      }
    }
    throw new BadImageException("the JPEG data is cut off: it has no end marker");
  }

  private static boolean usualSampling(ByteReader reader, long frame, Colors colors)
      throws BadImageException {
    if (colors != Colors.YCC) {
      return colors == Colors.GREY;
    }
    int luma = reader.unsigned8(frame + 9);
    return (luma == 0x11 || luma == 0x21 || luma == 0x22)
        && reader.unsigned8(frame + 12) == 0x11
        && reader.unsigned8(frame + 15) == 0x11;
  }

  private static boolean isFrame(int marker) {
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
  }

  /** Detects the colour space like libjpeg's {@code default_decompress_parms}. */
  private static Colors colors(ByteReader reader, long frame, boolean jfif, int adobeTransform)
      throws BadImageException {
    int components = reader.unsigned8(frame + 7);
    if (components == 1) {
      return Colors.GREY;
    }
    if (components == 4) {
      return adobeTransform > 0 ? Colors.YCCK : Colors.CMYK;
    }
    if (components != 3) {
      throw new BadImageException(
          "the JPEG file has " + components + " colour components; 1, 3 or 4 are supported");
    }
    boolean named =
        reader.unsigned8(frame + 8) == 'R'
            && reader.unsigned8(frame + 11) == 'G'
            && reader.unsigned8(frame + 14) == 'B';
    boolean rgb = !jfif && (adobeTransform == 0 || (adobeTransform < 0 && named));
    return rgb ? Colors.RGB : Colors.YCC;
  }

  /**
   * Converts the first three samples of each pixel from YCbCr to RGB, in place.
   *
   * @param samples the samples, uint8, {@code stride} of them for each pixel
   */
  private static void yccToRgb(byte[] samples, int stride) {
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
