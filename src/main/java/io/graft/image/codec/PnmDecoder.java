package io.graft.image.codec;

import io.graft.image.BadImageException;
import io.graft.image.RgbImage;
import java.util.Arrays;

/**
 * Decodes Netpbm's bitmaps, grey maps and pixel maps (pbm(5), pgm(5), ppm(5)), plain and raw, as
 * Pillow's {@code PpmImagePlugin} does. Samples are scaled to the largest value, 255, or with grey
 * of more than 8 bits 65,535, of which Pillow clips the values above 255.
 */
final class PnmDecoder {

  /** Pillow's limit of the length of a number. */
  private static final int MOST_DIGITS = 10;

  private static final int MOST_VALUE = 65535;

  private final byte[] encoded;
  private final boolean plain;
  private final boolean bitmap;
  private final int channels;
  private int at = 3;

  private PnmDecoder(byte[] encoded) {
    this.encoded = encoded;
    int kind = encoded[1] - '0';
    plain = kind <= 3;
    bitmap = kind == 1 || kind == 4;
    channels = kind == 3 || kind == 6 ? 3 : 1;
  }

  /** Decodes a file that begins with P1 to P6 and a white space. */
  static RgbImage decode(byte[] encoded) throws BadImageException {
    return new PnmDecoder(encoded).decode();
  }

  /** Returns the number of pixels that the header claims. */
  static long pixels(byte[] encoded) throws BadImageException {
    PnmDecoder decoder = new PnmDecoder(encoded);
    long width = decoder.headerNumber();
    return width * decoder.headerNumber();
  }

  private RgbImage decode() throws BadImageException {
    int width = headerNumber();
    int height = headerNumber();
    ImageDecoder.checkSize(width, height);
    int maximum = bitmap ? 1 : headerNumber();
    if (maximum < 1 || maximum > MOST_VALUE) {
      throw new BadImageException(
          "the header claims a largest value of " + maximum + "; it is from 1 to 65535");
    }
    ImageDecoder.checkClaim((long) width * height, bitmap && !plain ? 8 : 1, encoded);
    byte[] pixels = new byte[3 * width * height];
    if (bitmap) {
      readBitmap(pixels, width, height);
    } else {
      readSamples(pixels, width * height, maximum);
    }
    return new RgbImage(width, height, pixels);
  }

  private int headerNumber() throws BadImageException {
    StringBuilder digits = new StringBuilder();
    while (digits.length() <= MOST_DIGITS && at < encoded.length) {
      int character = encoded[at++];
      if (character == '#') {
        at = endOfLine(at);
      } else if (!isSpace(character)) {
        digits.append((char) character);
      } else if (digits.length() > 0) {
        break;
      }
    }
    return number(digits.toString());
  }

  /** Returns the index after the next end of a line. */
  private int endOfLine(int from) {
    int end = from;
    while (end < encoded.length && encoded[end] != '\n' && encoded[end] != '\r') {
      end++;
    }
    return Math.min(end + 1, encoded.length);
  }

  private static int number(String digits) throws BadImageException {
    if (digits.isEmpty()) {
      throw new BadImageException("the PPM file is cut off");
    }
    try {
      if (digits.length() <= MOST_DIGITS) {
        return Integer.parseInt(digits);
      }
    } catch (NumberFormatException e) {
      // The message below shows the text.
    }
    throw new BadImageException("the PPM file has '" + digits + "' where a number was expected");
  }

  private static boolean isSpace(int character) {
    return character == ' ' || (character >= '\t' && character <= '\r');
  }

  /** Reads bits, of which 1 is black. Each row of a raw file begins a byte. */
  private void readBitmap(byte[] pixels, int width, int height) throws BadImageException {
    if (plain) {
      byte[] text = withoutComments();
      int count = 0;
      for (byte character : text) {
        if (character != '0' && character != '1' && !isSpace(character)) {
          throw new BadImageException("the bitmap holds '" + (char) character + "', not 0 or 1");
        } else if (!isSpace(character) && count < width * height) {
          set(pixels, count++, character == '0' ? 255 : 0);
        }
      }
      require(count == width * height);
      return;
    }
    int rowBytes = (width + 7) / 8;
    require(encoded.length - at >= (long) rowBytes * height);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int bits = encoded[at + y * rowBytes + x / 8];
        set(pixels, y * width + x, (bits >> (7 - x % 8) & 1) == 0 ? 255 : 0);
      }
    }
  }

  private void readSamples(byte[] pixels, int count, int maximum) throws BadImageException {
    boolean deep = maximum > 255 && channels == 1;
    int largest = deep ? MOST_VALUE : 255;
    int sampleBytes = maximum > 255 ? 2 : 1;
    require(plain || encoded.length - at >= (long) count * channels * sampleBytes);
    PlainText text = plain ? new PlainText(withoutComments()) : null;
    for (int i = 0; i < count * channels; i++) {
      int value;
      if (plain) {
        value = text.next();
        if (value < 0 || value > maximum) {
          throw new BadImageException(
              "the value " + value + " is not between 0 and " + maximum + ", the largest");
        }
      } else {
        value = encoded[at++] & 0xff;
        if (sampleBytes == 2) {
          value = value << 8 | (encoded[at++] & 0xff);
        }
      }
      // Python rounds a half to the even number, and so does rint.
      int scaled =
          maximum == largest
              ? value
              : (int) Math.min(largest, Math.rint(value / (double) maximum * largest));
      int shown = Math.min(scaled, 255);
      if (channels == 1) {
        set(pixels, i, shown);
      } else {
        pixels[i] = (byte) shown;
      }
    }
  }

  private static void set(byte[] pixels, int pixel, int grey) {
    Arrays.fill(pixels, 3 * pixel, 3 * pixel + 3, (byte) grey);
  }

  private static void require(boolean whole) throws BadImageException {
    if (!whole) {
      throw new BadImageException("the PPM file is cut off: its header claims more pixels");
    }
  }

  /** Returns the text after the header. Pillow joins what is around a comment. */
  private byte[] withoutComments() {
    byte[] text = new byte[encoded.length - at];
    int length = 0;
    while (at < encoded.length) {
      if (encoded[at] == '#') {
        at = endOfLine(at + 1);
      } else {
        text[length++] = encoded[at++];
      }
    }
    return Arrays.copyOf(text, length);
  }

  /** The numbers of a text, separated by white space. */
  private static final class PlainText {

    private final byte[] text;
    private int at;

    private PlainText(byte[] text) {
      this.text = text;
    }

    private int next() throws BadImageException {
      while (at < text.length && isSpace(text[at])) {
        at++;
      }
      StringBuilder digits = new StringBuilder();
      while (at < text.length && !isSpace(text[at]) && digits.length() <= MOST_DIGITS) {
        digits.append((char) text[at++]);
      }
      return number(digits.toString());
    }
  }
}
