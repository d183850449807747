package io.graft.image.codec;

import io.graft.image.BadImageException;
import io.graft.image.RgbImage;
import java.util.Arrays;

/**
 * Decodes the first frame of a GIF file (GIF89a specification) on its logical screen, like Pillow.
 * Pixels outside of the frame have the transparent colour, or colour 0 if there is none.
 */
final class GifDecoder {

  /** The most pixels per byte: a 12-bit code gives at most 4,096 if its table is full. */
  private static final long PIXELS_PER_BYTE = 4096;

  private static final int EXTENSION = 0x21;
  private static final int IMAGE = 0x2c;
  private static final int GRAPHIC_CONTROL = 0xf9;
  private static final int MAX_CODES = 4096;

  // The first row and the distance between rows in each of the four passes of an interlaced image.
  private static final int[] PASS_START = {0, 4, 2, 1};
  private static final int[] PASS_STEP = {8, 8, 4, 2};

  private final ByteReader reader;
  private long at;

  private GifDecoder(byte[] encoded) {
    reader = new ByteReader(encoded, false);
  }

  static RgbImage decode(byte[] encoded) throws BadImageException {
    return new GifDecoder(encoded).decode();
  }

  /** Returns the number of pixels that the headers claim. */
  static long pixels(byte[] encoded) throws BadImageException {
    GifDecoder decoder = new GifDecoder(encoded);
    ByteReader reader = decoder.reader;
    int flags = reader.unsigned8(10);
    decoder.at = 13 + ((flags & 0x80) != 0 ? 3L << ((flags & 7) + 1) : 0);
    decoder.skipToImage();
    long at = decoder.at;
    long width = Math.max(reader.unsigned16(6), reader.unsigned16(at) + reader.unsigned16(at + 4));
    int bottom = reader.unsigned16(at + 2) + reader.unsigned16(at + 6);
    return width * Math.max(reader.unsigned16(8), bottom);
  }

  private RgbImage decode() throws BadImageException {
    int screenWidth = reader.unsigned16(6);
    int screenHeight = reader.unsigned16(8);
    int flags = reader.unsigned8(10);
    at = 13;
    byte[] palette = (flags & 0x80) != 0 ? readPalette(flags) : greyPalette();
    int background = skipToImage();
    int left = reader.unsigned16(at);
    int top = reader.unsigned16(at + 2);
    int width = reader.unsigned16(at + 4);
    int height = reader.unsigned16(at + 6);
    int imageFlags = reader.unsigned8(at + 8);
    at += 9;
    if ((imageFlags & 0x80) != 0) {
      palette = readPalette(imageFlags);
    }
    int canvasWidth = Math.max(screenWidth, left + width);
    int canvasHeight = Math.max(screenHeight, top + height);
    ImageDecoder.checkSize(width, height);
    ImageDecoder.checkSize(canvasWidth, canvasHeight);
    ImageDecoder.checkClaim((long) width * height, PIXELS_PER_BYTE, reader.bytes());
    byte[] indices = readIndices(width * height);
    byte[] pixels = new byte[3 * canvasWidth * canvasHeight];
    for (int i = 0; i < pixels.length; i += 3) {
      System.arraycopy(palette, 3 * background, pixels, i, 3);
    }
    boolean interlaced = (imageFlags & 0x40) != 0;
    int row = 0;
    for (int pass = interlaced ? 0 : 3; pass < 4; pass++) {
      int step = interlaced ? PASS_STEP[pass] : 1;
      for (int y = interlaced ? PASS_START[pass] : 0; y < height; y += step) {
        int to = 3 * ((top + y) * canvasWidth + left);
        for (int x = 0; x < width; x++, to += 3) {
          System.arraycopy(palette, 3 * (indices[row * width + x] & 0xff), pixels, to, 3);
        }
        row++;
      }
    }
    return new RgbImage(canvasWidth, canvasHeight, pixels);
  }

  /** Reads a palette and fills it up to 256 colours with black. */
  private byte[] readPalette(int flags) throws BadImageException {
    int length = 3 << ((flags & 7) + 1);
    reader.require(at, length);
    byte[] palette = Arrays.copyOfRange(reader.bytes(), (int) at, (int) at + length);
    at += length;
    return Arrays.copyOf(palette, 3 * 256);
  }

  private static byte[] greyPalette() {
    byte[] palette = new byte[3 * 256];
    for (int i = 0; i < palette.length; i++) {
      palette[i] = (byte) (i / 3);
    }
    return palette;
  }

  /** Moves {@code at} after the image separator. Returns the transparent index, or 0 if none. */
  private int skipToImage() throws BadImageException {
    int transparent = 0;
    while (true) {
      int block = reader.unsigned8(at++);
      if (block == IMAGE) {
        return transparent;
      }
      if (block == EXTENSION) {
        int label = reader.unsigned8(at++);
        if (label == GRAPHIC_CONTROL && (reader.unsigned8(at + 1) & 1) != 0) {
          transparent = reader.unsigned8(at + 4);
        }
        for (int size = reader.unsigned8(at++); size > 0; size = reader.unsigned8(at++)) {
          at += size;
        }
      } else if (block == 0x3b) {
        throw new BadImageException("the GIF file holds no image");
      }
    }
  }

  /** Decodes LZW with codes of growing width (GIF89a, appendix F), in sub-blocks of bytes. */
  private byte[] readIndices(int count) throws BadImageException {
    int minimumBits = reader.unsigned8(at++);
    if (minimumBits < 1 || minimumBits > 11) {
      throw new BadImageException("the GIF data is damaged: its code size is " + minimumBits);
    }
    int clear = 1 << minimumBits;
    // A code stands for a string of indices. It is stored as its last index, the code of the
    // indices before, and its first index.
    short[] prefix = new short[MAX_CODES];
    byte[] last = new byte[MAX_CODES];
    byte[] first = new byte[MAX_CODES];
    short[] length = new short[MAX_CODES];
    for (int i = 0; i < clear; i++) {
      last[i] = (byte) i;
      first[i] = (byte) i;
      length[i] = 1;
    }
    byte[] indices = new byte[count];
    int written = 0;
    int codeBits = minimumBits + 1;
    int next = clear + 2;
    int previous = -1;
    int bits = 0;
    int held = 0;
    int blockLeft = 0;
    while (written < count) {
      while (held < codeBits) {
        if (blockLeft == 0) {
          blockLeft = reader.unsigned8(at++);
          if (blockLeft == 0) {
            throw endsEarly(written, count);
          }
        }
        bits |= reader.unsigned8(at++) << held;
        held += 8;
        blockLeft--;
      }
      int code = bits & ((1 << codeBits) - 1);
      bits >>>= codeBits;
      held -= codeBits;
      if (code == clear) {
        codeBits = minimumBits + 1;
        next = clear + 2;
        previous = -1;
        continue;
      }
      if (code == clear + 1) {
        throw endsEarly(written, count);
      }
      if (code > next || (previous < 0 && code >= clear)) {
        throw new BadImageException(
            "the GIF data is damaged: code " + code + " is not defined yet");
      }
      if (previous >= 0 && next < MAX_CODES) {
        // The new code may be the one just read.
        prefix[next] = (short) previous;
        first[next] = first[previous];
        last[next] = first[code == next ? previous : code];
        length[next] = (short) (length[previous] + 1);
        next++;
        if (next == 1 << codeBits && codeBits < 12) {
          codeBits++;
        }
      }
      written += length[code];
      int to = written;
      for (int walk = code, left = length[code]; left > 0; left--) {
        // The last string may extend past the image.
        if (--to < count) {
          indices[to] = last[walk];
        }
        walk = prefix[walk];
      }
      previous = code;
    }
    return indices;
  }

  private static BadImageException endsEarly(int written, int count) {
    return new BadImageException(
        "the GIF data is cut off: it ends after " + written + " of " + count + " pixels");
  }
}
