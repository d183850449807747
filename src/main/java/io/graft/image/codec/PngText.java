package io.graft.image.codec;

import io.graft.image.BadImageException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The metadata in a PNG file's chunks that may hold an orientation: eXIf, a "Raw profile type exif"
 * as ImageMagick writes it, and XMP. As in Pillow, the last chunk of a kind counts.
 */
final class PngText {

  /** Pillow reads texts up to this length. */
  private static final int MAX_TEXT_BYTES = 1 << 20;

  private static final String RAW_EXIF = "Raw profile type exif";
  private static final String XMP = "XML:com.adobe.xmp";

  private byte[] exif = {};
  private byte[] rawExif = {};
  private byte[] xmp = {};

  /** Reads a chunk, if it is of a type that may hold an orientation. */
  void read(String type, byte[] content) throws BadImageException {
    switch (type) {
      case "eXIf" -> exif = content;
      case "tEXt" -> put(keyword(content), rest(content), true);
      case "zTXt" -> {
        byte[] value = rest(content);
        if (value.length > 0 && value[0] != 0) {
          throw unknownCompression(type);
        }
        byte[] compressed = Arrays.copyOfRange(value, Math.min(1, value.length), value.length);
        String keyword = keyword(content);
        if (matters(keyword)) {
          put(keyword, inflate(compressed).orElse(new byte[0]), false);
        }
      }
      case "iTXt" -> {
        String keyword = keyword(content);
        if (matters(keyword)) {
          international(rest(content)).ifPresent(value -> put(keyword, value, false));
        }
      }
      default -> {}
    }
  }

  /** Refuses a profile that is not compressed as the specification says. */
  static void checkProfile(byte[] content) throws BadImageException {
    int method = keyword(content).length() + 1;
    // Without an end of the name, Pillow takes the first byte for the method.
    int at = method > content.length ? 0 : method;
    if (at >= content.length || content[at] != 0) {
      throw unknownCompression("iCCP");
    }
  }

  /** Returns the orientation, 1 to 8. */
  int orientation() {
    return OrientationTag.of(exif.length > 0 ? exif : rawExif, xmp);
  }

  private static boolean matters(String keyword) {
    return keyword.equals(RAW_EXIF) || keyword.equals(XMP);
  }

  private void put(String keyword, byte[] value, boolean plain) {
    switch (keyword) {
      case RAW_EXIF -> rawExif = profile(value);
      case XMP -> xmp = value;
      case "exif" -> exif = plain ? value : exif;
      default -> {}
    }
  }

  /** Reads the hexadecimal digits after the third line; a damaged text gives no bytes. */
  private static byte[] profile(byte[] text) {
    String[] lines = new String(text, StandardCharsets.ISO_8859_1).split("\n", 4);
    try {
      return HexFormat.of().parseHex(lines.length < 4 ? "" : lines[3].replaceAll("\\s", ""));
    } catch (IllegalArgumentException e) {
      return new byte[0];
    }
  }

  /** Returns the text of an iTXt chunk after its keyword; empty if it is damaged. */
  private static Optional<byte[]> international(byte[] value) {
    int afterLanguage = after(value, 2);
    int start = after(value, afterLanguage);
    if (value.length < 2 || start > value.length) {
      return Optional.empty();
    }
    byte[] text = Arrays.copyOfRange(value, start, value.length);
    if (value[0] == 0) {
      return Optional.of(text);
    }
    return value[1] == 0 ? inflate(text) : Optional.empty();
  }

  private static String keyword(byte[] content) {
    int end = after(content, 0) - 1;
    return new String(content, 0, end, StandardCharsets.ISO_8859_1);
  }

  private static byte[] rest(byte[] content) {
    int from = Math.min(after(content, 0), content.length);
    return Arrays.copyOfRange(content, from, content.length);
  }

  /** Returns the offset after the next zero, or one after the end if there is none. */
  private static int after(byte[] content, int from) {
    int at = from;
    while (at < content.length && content[at] != 0) {
      at++;
    }
    return at + 1;
  }

  private static Optional<byte[]> inflate(byte[] compressed) {
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(compressed);
      ByteArrayOutputStream text = new ByteArrayOutputStream();
      byte[] part = new byte[8192];
      int count;
      while ((count = inflater.inflate(part)) > 0) {
        text.write(part, 0, count);
        if (text.size() > MAX_TEXT_BYTES) {
          return Optional.empty();
        }
      }
      return Optional.of(text.toByteArray());
    } catch (DataFormatException e) {
      return Optional.empty();
    } finally {
      inflater.end();
    }
  }

  private static BadImageException unknownCompression(String type) {
    return new BadImageException(
        "the PNG file is damaged: the chunk " + type + " has an unknown compression");
  }
}
