package io.graft.image.codec;

import io.graft.image.BadImageException;
import io.graft.image.RgbImage;
import java.util.Iterator;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Decodes PNG to RGB (PNG specification, third edition). It holds one row of samples beside the
 * result. Like Pillow, it drops alpha without blending, keeps the high byte of 16-bit colours and
 * ignores profiles and gamma. 16-bit grey is rounded to 8 bits, which Pillow would clip.
 */
final class PngDecoder {

  /** The most pixels per byte: deflate makes 1,032 bytes of one, each with eight 1-bit pixels. */
  private static final long PIXELS_PER_BYTE = 8 * 1032;

  // Adam7: where each of the seven passes starts, and the steps between its pixels.
  private static final int[] START_X = {0, 4, 0, 2, 0, 1, 0};
  private static final int[] START_Y = {0, 0, 4, 0, 2, 0, 1};
  private static final int[] STEP_X = {8, 8, 4, 4, 2, 2, 1};
  private static final int[] STEP_Y = {8, 8, 8, 4, 4, 2, 2};

  private final byte[] encoded;
  private final PngFile file;
  private final byte[] pixels;
  private final byte[] palette = new byte[3 * 256];
  private final int samples;
  private final Inflater inflater = new Inflater();
  private final Iterator<PngFile.Span> spans;

  private PngDecoder(byte[] encoded, PngFile file) {
    this.encoded = encoded;
    this.file = file;
    pixels = new byte[Math.multiplyExact(3 * file.width(), file.height())];
    samples =
        switch (file.colorType()) {
          case 2 -> 3;
          case 4 -> 2;
          case 6 -> 4;
          default -> 1;
        };
    spans = file.data().iterator();
    // Colours that the palette lacks are black.
    int colors = Math.min(256, file.palette().length / 3);
    System.arraycopy(file.palette(), 0, palette, 0, 3 * colors);
  }

  /** Decodes a file and turns the image upright. */
  static RgbImage decode(byte[] encoded) throws BadImageException {
    PngFile file = PngFile.parse(encoded);
    ImageDecoder.checkClaim((long) file.width() * file.height(), PIXELS_PER_BYTE, encoded);
    PngDecoder decoder = new PngDecoder(encoded, file);
    try {
      // A row may take more memory than its pixels.
      ImageDecoder.checkClaim(
          (long) file.box().width() * file.box().height(),
          Math.max(1, PIXELS_PER_BYTE / ((long) decoder.samples * file.bits())),
          encoded);
      decoder.decode();
      // The chunk in use may be cut off, but data after it would be lost without notice.
      if (file.dataCutOff() && decoder.spans.hasNext()) {
        throw new BadImageException("the PNG data is cut off");
      }
    } finally {
      decoder.inflater.end();
    }
    return Orientation.apply(
        new RgbImage(file.width(), file.height(), decoder.pixels), file.orientation());
  }

  private void decode() throws BadImageException {
    Frame box = file.box();
    boolean whole = box.width() == file.width() && box.height() == file.height();
    if (file.colorType() == PngFile.PALETTE && !whole) {
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] = palette[i % 3];
      }
    }
    if (!file.interlaced()) {
      decodePass(0, 0, 1, 1);
      return;
    }
    for (int pass = 0; pass < 7; pass++) {
      if (box.width() > START_X[pass] && box.height() > START_Y[pass]) {
        decodePass(START_X[pass], START_Y[pass], STEP_X[pass], STEP_Y[pass]);
      }
    }
  }

  private void decodePass(int startX, int startY, int stepX, int stepY) throws BadImageException {
    Frame box = file.box();
    int columns = (box.width() - startX + stepX - 1) / stepX;
    int pixelBits = samples * file.bits();
    // The first bytes are zero: what is left of a row counts as zero in its filter.
    int before = Math.max(1, pixelBits / 8);
    int end = before + (int) (((long) columns * pixelBits + 7) / 8);
    byte[] row = new byte[end];
    byte[] above = new byte[end];
    byte[] filter = new byte[1];
    for (int y = startY; y < box.height(); y += stepY) {
      fill(filter, 0);
      fill(row, before);
      unfilter(filter[0], row, above, before);
      int to = 3 * ((box.top() + y) * file.width() + box.left() + startX);
      convert(row, before, columns, to, 3 * stepX);
      byte[] swap = above;
      above = row;
      row = swap;
    }
  }

  /** Inflates bytes up to the end of {@code destination}. */
  private void fill(byte[] destination, int from) throws BadImageException {
    int at = from;
    try {
      while (at < destination.length) {
        int count = inflater.inflate(destination, at, destination.length - at);
        at += count;
        if (count == 0) {
          if (inflater.finished() || inflater.needsDictionary() || !spans.hasNext()) {
            throw new BadImageException("the PNG data is cut off: it ends before the last row");
          }
          PngFile.Span span = spans.next();
          inflater.setInput(encoded, span.start(), span.length());
        }
      }
    } catch (DataFormatException e) {
      throw new BadImageException("the PNG data is damaged (" + e.getMessage() + ")", e);
    }
  }

  /** Reverses the filter of a row, in place (PNG, section 9). */
  private static void unfilter(int filter, byte[] row, byte[] above, int before)
      throws BadImageException {
    switch (filter) {
      case 0 -> {}
      case 1 -> {
        for (int i = before; i < row.length; i++) {
          row[i] += row[i - before];
        }
      }
      case 2 -> {
        for (int i = before; i < row.length; i++) {
          row[i] += above[i];
        }
      }
      case 3 -> {
        for (int i = before; i < row.length; i++) {
          row[i] += (byte) (((row[i - before] & 0xff) + (above[i] & 0xff)) / 2);
        }
      }
      case 4 -> {
        for (int i = before; i < row.length; i++) {
          int left = row[i - before] & 0xff;
          int up = above[i] & 0xff;
          int corner = above[i - before] & 0xff;
          int toLeft = Math.abs(up - corner);
          int toUp = Math.abs(left - corner);
          int toCorner = Math.abs(left + up - 2 * corner);
          boolean isLeft = toLeft <= toUp && toLeft <= toCorner;
          row[i] += (byte) (isLeft ? left : toUp <= toCorner ? up : corner);
        }
      }
      default ->
          throw new BadImageException("the PNG data is damaged: a row has the filter " + filter);
    }
  }

  /** Converts a row of samples to pixels, from {@code start} on, every {@code step} bytes. */
  private void convert(byte[] row, int before, int columns, int start, int step) {
    int bits = file.bits();
    int sampleBytes = bits / 8;
    int pixelBytes = samples * sampleBytes;
    boolean colored = file.colorType() == 2 || file.colorType() == 6;
    int to = start;
    for (int x = 0; x < columns; x++, to += step) {
      int from = before + x * pixelBytes;
      if (colored) {
        pixels[to] = row[from];
        pixels[to + 1] = row[from + sampleBytes];
        pixels[to + 2] = row[from + 2 * sampleBytes];
      } else if (file.colorType() == PngFile.PALETTE) {
        System.arraycopy(palette, 3 * sample(row, before, x, bits), pixels, to, 3);
      } else {
        byte grey =
            switch (bits) {
              case 8 -> row[from];
              case 16 -> samples == 2 ? row[from] : rounded(row[from], row[from + 1]);
              default -> (byte) (sample(row, before, x, bits) * 255 / ((1 << bits) - 1));
            };
        pixels[to] = grey;
        pixels[to + 1] = grey;
        pixels[to + 2] = grey;
      }
    }
  }

  private static byte rounded(byte high, byte low) {
    return (byte) ((((high & 0xff) << 8 | (low & 0xff)) + 128) / 257);
  }

  private static int sample(byte[] row, int before, int x, int bits) {
    int bit = x * bits;
    return (row[before + bit / 8] & 0xff) >> (8 - bits - bit % 8) & ((1 << bits) - 1);
  }
}
