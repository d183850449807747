package io.graft.image.codec;

import io.graft.image.BadImageException;
import java.util.Arrays;
import java.util.Map;

/**
 * How the samples of a TIFF file are stored. It refuses by name what Pillow does not read either.
 *
 * @param photometric the meaning of the samples: one of this class's constants
 * @param bits the bits of each sample
 * @param samples the number of samples of a pixel
 * @param format 1 for unsigned integers, 2 for signed ones, 3 for floating point
 * @param associated whether the sample after the colours is an alpha by which they are multiplied
 * @param planar whether each sample has its own strips
 * @param blockWidth the columns of a tile, or those of the image
 * @param blockHeight the rows of a tile or a strip
 */
record TiffLayout(
    TiffDirectory directory,
    int width,
    int height,
    int compression,
    int photometric,
    int bits,
    int samples,
    int format,
    boolean associated,
    boolean planar,
    boolean reversedBits,
    int blockWidth,
    int blockHeight,
    boolean tiled) {

  static final int WHITE_IS_ZERO = 0;
  static final int BLACK_IS_ZERO = 1;
  static final int RGB = 2;
  static final int PALETTE = 3;
  static final int CMYK = 5;
  static final int YCC = 6;
  static final int LAB = 8;

  static final int UNSIGNED = 1;
  static final int SIGNED = 2;
  static final int FLOAT = 3;

  private static final int ASSOCIATED_ALPHA = 1;
  private static final int ALPHA = 2;
  private static final int MAX_SAMPLES = 6;

  private static final Map<Integer, String> PHOTOMETRIC_NAMES =
      Map.of(
          4,
          "a transparency mask",
          9,
          "ICC Lab",
          10,
          "ITU Lab",
          32803,
          "colour filter array",
          32844,
          "LogL",
          32845,
          "LogLuv",
          34892,
          "linear raw");

  /** Reads and checks the layout of the first image. */
  static TiffLayout of(TiffDirectory directory) throws BadImageException {
    int width = directory.integer(TiffDirectory.WIDTH, 0);
    int height = directory.integer(TiffDirectory.HEIGHT, 0);
    ImageDecoder.checkSize(width, height);
    int compression = directory.integer(TiffDirectory.COMPRESSION, TiffCompression.NONE);
    TiffCompression.requireKnown(compression);
    boolean oldJpeg = compression == TiffCompression.OLD_JPEG;
    int photometric = oldJpeg ? YCC : directory.integer(TiffDirectory.PHOTOMETRIC, 0);
    long[] extra = directory.numbers(TiffDirectory.EXTRA_SAMPLES);
    int samples = directory.integer(TiffDirectory.SAMPLES, oldJpeg ? 3 : 1);
    boolean planar = directory.integer(TiffDirectory.PLANAR, 1) == 2;
    if (oldJpeg && samples == 1) {
      throw refused("in grey with JPEG compression of before 1995");
    }
    if (samples < 1 || samples > MAX_SAMPLES) {
      throw refused("with %s samples a pixel".formatted(samples));
    }
    if (planar && extra.length < samples && Arrays.stream(extra).max().orElse(1) == 0) {
      samples -= extra.length;
      extra = new long[0];
    }
    int bits = bits(directory, samples);
    long[] formats = directory.numbers(TiffDirectory.SAMPLE_FORMAT);
    int format = formats.length == 0 ? UNSIGNED : (int) formats[0];
    int fillOrder = directory.integer(TiffDirectory.FILL_ORDER, 1);
    boolean tiled = !directory.has(TiffDirectory.STRIP_OFFSETS);
    int rows = tiled ? 0 : (int) Math.min(height, rowsPerStrip(directory, height));
    TiffLayout layout =
        new TiffLayout(
            directory,
            width,
            height,
            compression,
            photometric,
            bits,
            samples,
            format,
            extra.length > 0 && extra[0] == ASSOCIATED_ALPHA,
            planar,
            fillOrder == 2,
            tiled ? directory.integer(TiffDirectory.TILE_WIDTH, 0) : width,
            tiled ? directory.integer(TiffDirectory.TILE_HEIGHT, 0) : rows,
            tiled);
    if (layout.blockWidth < 1 || layout.blockHeight < 1) {
      throw new BadImageException("the TIFF file has no strips and no tiles");
    }
    boolean oneFormat = Arrays.stream(formats).allMatch(each -> each == formats[0]);
    if (!oneFormat || fillOrder < 1 || fillOrder > 2 || !layout.isRead(extra)) {
      throw layout.unknown(extra);
    }
    return layout;
  }

  private static long rowsPerStrip(TiffDirectory directory, int height) throws BadImageException {
    long[] rows = directory.numbers(TiffDirectory.ROWS_PER_STRIP);
    return rows.length == 0 || rows[0] == 0 ? height : rows[0];
  }

  /** Returns the bits of every sample. One number may stand for all samples. */
  private static int bits(TiffDirectory directory, int samples) throws BadImageException {
    long[] bits = directory.numbers(TiffDirectory.BITS);
    if (bits.length == 0) {
      return 1;
    }
    long[] used = Arrays.copyOf(bits, Math.min(bits.length, samples));
    if (used.length < samples && used.length > 1) {
      throw new BadImageException("the TIFF file has too few numbers of bits for its samples");
    }
    if (Arrays.stream(used).anyMatch(each -> each != used[0])) {
      throw refused("whose samples have different numbers of bits: " + Arrays.toString(used));
    }
    return (int) used[0];
  }

  /** Returns whether Pillow reads this kind, by the table OPEN_INFO of its TiffImagePlugin. */
  private boolean isRead(long[] extra) {
    boolean big = directory.bigEndian();
    if (format != UNSIGNED) {
      boolean grey =
          photometric == BLACK_IS_ZERO || (photometric == WHITE_IS_ZERO && format == FLOAT);
      boolean size = format == FLOAT ? bits == 32 : format == SIGNED && bits <= 32 && bits % 8 == 0;
      return grey && size && bits != 24 && samples == 1 && extra.length == 0 && !reversedBits;
    }
    boolean small = bits == 1 || bits == 2 || bits == 4 || bits == 8;
    int colors = colors();
    boolean plain = extra.length == 0 && samples == colors;
    return switch (photometric) {
      case WHITE_IS_ZERO -> plain && (small || (bits == 16 && !big && !reversedBits));
      case BLACK_IS_ZERO ->
          (plain && small)
              || (plain && bits == 16 && !(big && reversedBits))
              || (plain && (bits == 12 || bits == 32) && !big && !reversedBits)
              || (bits == 8 && isExtra(extra, 1, 0, ASSOCIATED_ALPHA, ALPHA));
      case RGB ->
          (bits == 8 && plain)
              || (bits == 16 && plain && !reversedBits)
              || (isEight() && isExtra(extra, 3, 0, ASSOCIATED_ALPHA, ALPHA, 999))
              || (bits == 16 && isExtra(extra, 1, 0, ASSOCIATED_ALPHA, ALPHA))
              || ((isEight() || bits == 16) && samples == 4 && extra.length == 0 && !reversedBits);
      case PALETTE -> (plain && small) || (bits == 8 && isExtra(extra, 1, 0, ALPHA));
      case CMYK ->
          !reversedBits
              && ((plain && (isEight() || bits == 16)) || (isEight() && isExtra(extra, 2, 0)));
      case YCC -> isEight() && extra.length == 0 && (samples == 1 || samples == 3) && !reversedBits;
      case LAB -> isEight() && plain && !reversedBits;
      default -> false;
    };
  }

  private boolean isEight() {
    return bits == 8;
  }

  /** Returns whether there are 1 to {@code most} extra samples, the first of a given kind. */
  private boolean isExtra(long[] extra, int most, int... kinds) {
    return !reversedBits
        && extra.length >= 1
        && extra.length <= most
        && samples == colors() + extra.length
        && Arrays.stream(kinds).anyMatch(kind -> kind == extra[0])
        && Arrays.stream(extra).skip(1).allMatch(kind -> kind == 0);
  }

  /** Returns the number of samples that have a colour. */
  int colors() {
    return switch (photometric) {
      case RGB, LAB -> 3;
      case YCC -> Math.min(samples, 3);
      case CMYK -> 4;
      default -> 1;
    };
  }

  private BadImageException unknown(long[] extra) {
    String name = PHOTOMETRIC_NAMES.get(photometric);
    if (name != null) {
      return refused("in " + name);
    }
    return refused(
        ("with %s samples of %s bits (%s-endian, photometric interpretation %s, sample format %s,"
                + " extra samples %s, fill order %s)")
            .formatted(
                samples,
                bits,
                directory.bigEndian() ? "big" : "little",
                photometric,
                format,
                Arrays.toString(extra),
                reversedBits ? 2 : 1));
  }

  /** Returns the refusal of a feature. */
  static BadImageException refused(String feature) {
    return new BadImageException(
        "TIFF %s is not read; convert it to PNG, or to TIFF with 8 bits a sample and LZW compression"
            .formatted(feature));
  }

  /** Returns the bytes of one row of a block, of all samples or of one plane. */
  int rowBytes(int columns) {
    return Math.toIntExact(((long) columns * bits * (planar ? 1 : samples) + 7) / 8);
  }
}
