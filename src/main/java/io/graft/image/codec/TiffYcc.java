package io.graft.image.codec;

import io.graft.image.BadImageException;
import java.io.IOException;

/**
 * Reads the TIFF images whose samples are YCbCr. JPEG data is converted by libjpeg's rules, other
 * compressed data by libtiff's (its tif_color.c and tif_getimage.c), and uncompressed data by
 * Pillow's own.
 */
final class TiffYcc {

  private static final int SHIFT = 16;
  private static final int HALF = 1 << (SHIFT - 1);

  private final TiffLayout layout;
  private final int across;
  private final int down;
  private final int[] luma = new int[256];
  private final int[] redOfCr = new int[256];
  private final int[] blueOfCb = new int[256];
  private final int[] greenOfCr = new int[256];
  private final int[] greenOfCb = new int[256];

  private TiffYcc(TiffLayout layout) throws BadImageException {
    this.layout = layout;
    long[] subsampling = layout.directory().numbers(TiffDirectory.YCC_SUBSAMPLING);
    across = subsampling.length > 1 ? (int) subsampling[0] : 2;
    down = subsampling.length > 1 ? (int) subsampling[1] : 2;
    double[] weights =
        layout.directory().rationals(TiffDirectory.YCC_COEFFICIENTS, 0.299f, 0.587f, 0.114f);
    double[] range =
        layout
            .directory()
            .rationals(TiffDirectory.REFERENCE_BLACK_WHITE, 0, 255, 128, 255, 128, 255);
    int d1 = fixed(2 - 2 * weights[0]);
    int d2 = -fixed(weights[0] * (2 - 2 * weights[0]) / weights[1]);
    int d3 = fixed(2 - 2 * weights[2]);
    int d4 = -fixed(weights[2] * (2 - 2 * weights[2]) / weights[1]);
    for (int i = 0; i < 256; i++) {
      int x = i - 128;
      int cb = scaled(x, range[2] - 128, range[3] - 128, 127);
      int cr = scaled(x, range[4] - 128, range[5] - 128, 127);
      redOfCr[i] = (d1 * cr + HALF) >> SHIFT;
      blueOfCb[i] = (d3 * cb + HALF) >> SHIFT;
      greenOfCr[i] = d2 * cr;
      greenOfCb[i] = d4 * cb + HALF;
      luma[i] = scaled(x + 128, range[0], range[1], 255);
    }
  }

  private static int fixed(double value) {
    return (int) (Math.max(0, Math.min(2, (float) value)) * (1 << SHIFT) + 0.5);
  }

  private static int scaled(int code, double black, double white, int range) {
    int from = (int) black;
    float width = (float) (white - black == 0 ? 1 : white - black);
    float value = (code - from) * (float) range / width;
    return (int) Math.max(-128 * 32, Math.min(128 * 32, value));
  }

  /** Reads an image as uint8 HWC RGB. */
  static byte[] read(TiffLayout layout) throws BadImageException, IOException {
    boolean jpeg = layout.compression() == TiffCompression.JPEG;
    boolean raw = layout.compression() == TiffCompression.NONE;
    TiffYcc ycc = new TiffYcc(layout);
    boolean full = ycc.across == 1 && ycc.down == 1;
    if (layout.samples() == 1) {
      return TiffColors.convert(TiffSamples.read(layout));
    }
    if (raw ? !full : layout.planar() && !full) {
      throw TiffLayout.refused(
          "with %s YCbCr at reduced resolution".formatted(raw ? "uncompressed" : "planar"));
    }
    if (jpeg && !layout.planar()) {
      byte[] pixels = TiffSamples.read(layout).planes()[0];
      JpegDecoder.yccToRgb(pixels, 3);
      return pixels;
    }
    if (!layout.planar()) {
      return raw ? ycc.full(true) : ycc.subsampled();
    }
    return ycc.full(raw);
  }

  /** Converts an image whose chroma has full resolution. */
  private byte[] full(boolean byPillow) throws BadImageException, IOException {
    byte[][] planes = TiffSamples.read(layout).planes();
    int size = layout.width() * layout.height();
    byte[] pixels = new byte[Math.multiplyExact(3, size)];
    for (int i = 0; i < size; i++) {
      for (int c = 0; c < 3; c++) {
        pixels[3 * i + c] = layout.planar() ? planes[c][i] : planes[0][3 * i + c];
      }
      if (!byPillow) {
        int y = pixels[3 * i] & 0xff;
        toRgb(y, pixels[3 * i + 1] & 0xff, pixels[3 * i + 2] & 0xff, pixels, 3 * i);
      }
    }
    if (byPillow) {
      for (int i = 0; i < pixels.length; i += 3) {
        toRgbByPillow(pixels, i);
      }
    }
    return pixels;
  }

  /** Converts one pixel in place, with the numbers of Pillow's ConvertYCbCr.c. */
  private static void toRgbByPillow(byte[] pixels, int at) {
    int y = pixels[at] & 0xff;
    int cb = (pixels[at + 1] & 0xff) - 128;
    int cr = (pixels[at + 2] & 0xff) - 128;
    pixels[at] = clamp(y + (times64(1.402, cr) >> 6));
    pixels[at + 1] = clamp(y + ((times64(-0.34414, cb) + times64(-0.71414, cr)) >> 6));
    pixels[at + 2] = clamp(y + (times64(1.772, cb) >> 6));
  }

  private static int times64(double factor, int value) {
    return (int) (factor * 64 * value + 0.5);
  }

  /** Reads blocks of {@code across * down} luma samples, each followed by its Cb and Cr. */
  private byte[] subsampled() throws BadImageException, IOException {
    boolean known =
        (across == 1 || across == 2 || across == 4) && (down == 1 || down == 2 || down == 4);
    int predictor = layout.directory().integer(TiffDirectory.PREDICTOR, 1);
    boolean predicted = predictor != 1 && TiffCompression.hasPredictor(layout.compression());
    if (!known || (predicted && across * down > 1)) {
      throw TiffLayout.refused(
          "with YCbCr subsampled by %s x %s (predictor %s)".formatted(across, down, predictor));
    }
    if (across * down == 1) {
      return full(false);
    }
    byte[] pixels = new byte[Math.multiplyExact(3 * layout.width(), layout.height())];
    int unit = across * down + 2;
    int units = (layout.blockWidth() - 1) / across + 1;
    int blocksAcross = (layout.width() - 1) / layout.blockWidth() + 1;
    int blocks = blocksAcross * ((layout.height() - 1) / layout.blockHeight() + 1);
    for (int block = 0; block < blocks; block++) {
      int left = block % blocksAcross * layout.blockWidth();
      int top = block / blocksAcross * layout.blockHeight();
      int bottom = Math.min(layout.height(), top + layout.blockHeight());
      int right = Math.min(layout.width(), left + layout.blockWidth());
      int unitRows = ((layout.tiled() ? layout.blockHeight() : bottom - top) - 1) / down + 1;
      byte[] samples =
          TiffCompression.decode(
              layout, TiffSamples.data(layout, block, 0), 0, units * unit, unitRows);
      for (int y = top; y < bottom; y++) {
        for (int x = left; x < right; x++) {
          int dx = x - left;
          int dy = y - top;
          int at = unit * (dy / down * units + dx / across);
          int cb = samples[at + unit - 2] & 0xff;
          int cr = samples[at + unit - 1] & 0xff;
          int value = samples[at + dy % down * across + dx % across] & 0xff;
          toRgb(value, cb, cr, pixels, 3 * (y * layout.width() + x));
        }
      }
    }
    return pixels;
  }

  private void toRgb(int y, int cb, int cr, byte[] pixels, int to) {
    pixels[to] = clamp(luma[y] + redOfCr[cr]);
    pixels[to + 1] = clamp(luma[y] + ((greenOfCb[cb] + greenOfCr[cr]) >> SHIFT));
    pixels[to + 2] = clamp(luma[y] + blueOfCb[cb]);
  }

  private static byte clamp(int value) {
    return (byte) Math.max(0, Math.min(255, value));
  }
}
