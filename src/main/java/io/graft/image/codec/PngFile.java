package io.graft.image.codec;

import io.graft.image.BadImageException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * The chunks of a PNG file (PNG specification, third edition). What makes the pixels is checked.
 * Other chunks are passed over, but the ones that Pillow finds damaged are refused.
 *
 * @param bits the bits of a sample: 1, 2, 4, 8 or 16
 * @param colorType the type of colour in the header: 0, 2, 3, 4 or 6
 * @param palette the palette, uint8, three values a colour; empty if there is none
 * @param box the part of the canvas that the image covers; the whole, but in an odd animation
 * @param data the compressed data in the order of the file
 * @param dataCutOff whether the file ends within the last of the data
 * @param orientation the orientation, 1 to 8
 */
record PngFile(
    int width,
    int height,
    int bits,
    int colorType,
    boolean interlaced,
    @SuppressWarnings("ArrayRecordComponent") byte[] palette,
    Frame box,
    List<Span> data,
    boolean dataCutOff,
    int orientation) {

  static final int PALETTE = 3;

  /** A part of the file. */
  record Span(int start, int length) {}

  /** The least length of chunks that Pillow interprets, by type. */
  private static final Map<String, Integer> LEAST_BYTES =
      Map.of(
          "IHDR", 13, "gAMA", 4, "cHRM", 32, "sRGB", 1, "pHYs", 9, "iCCP", 2, "acTL", 8, "fcTL", 26,
          "fdAT", 4);

  private static final int MAX_PALETTE_BYTES = 3 * 256;

  /** Reads the chunks of a file. */
  static PngFile parse(byte[] encoded) throws BadImageException {
    return new Parser(encoded).parse();
  }

  private static final class Parser {

    private final ByteReader reader;
    private final List<Span> data = new ArrayList<>();
    private final PngText text = new PngText();
    private final Map<String, byte[]> last = new HashMap<>();
    private byte[] palette = {};
    private long frames;
    private long lastFrame = -1;
    private Frame box;

    Parser(byte[] encoded) {
      reader = new ByteReader(encoded, true);
    }

    PngFile parse() throws BadImageException {
      long at = 8;
      while (!isType(at, "IDAT")) {
        String type = type(at);
        byte[] content = content(at);
        checkSum(at, type, content);
        if (type.equals("IEND") || type.equals("fdAT")) {
          throw new BadImageException("the PNG file holds no image data (IDAT) before its end");
        }
        read(type, content);
        at += 12 + content.length;
      }
      if (!last.containsKey("IHDR")) {
        throw new BadImageException("the PNG file does not begin with a header (IHDR)");
      }
      byte[] header = last.get("IHDR");
      byte[] beforeData = palette;
      // An image without a chunk fcTL is not one of the frames.
      boolean animated = frames > 0 && (frames > 1 || box == null);
      for (; isType(at, "IDAT"); at += 12 + reader.unsigned32(at)) {
        int length = (int) Math.min(reader.unsigned32(at), reader.bytes().length - at - 8);
        data.add(new Span((int) at + 8, length));
      }
      readAfterData(at, animated);
      return file(new ByteReader(header, true), beforeData, at);
    }

    private PngFile file(ByteReader header, byte[] colors, long at) throws BadImageException {
      ImageDecoder.checkSize(header.unsigned32(0), header.unsigned32(4));
      int width = (int) header.unsigned32(0);
      int height = (int) header.unsigned32(4);
      int bits = header.unsigned8(8);
      int colorType = header.unsigned8(9);
      boolean known =
          switch (colorType) {
            case 0 -> bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16;
            case 2, 4, 6 -> bits == 8 || bits == 16;
            case PALETTE -> bits == 1 || bits == 2 || bits == 4 || bits == 8;
            default -> false;
          };
      if (!known || header.unsigned8(11) != 0) {
        throw new BadImageException(
            "the PNG header is damaged: it has %s bits a sample, colour type %s and filter method %s"
                .formatted(bits, colorType, header.unsigned8(11)));
      }
      byte[] transparency = last.get("tRNS");
      int least = colorType == 2 ? 6 : colorType == 0 ? 2 : 0;
      if (transparency != null && transparency.length < least) {
        throw truncated("tRNS");
      }
      if (colorType == PALETTE && colors.length == 0) {
        throw new BadImageException("the PNG file is damaged: it has no palette (PLTE)");
      }
      if (colorType == PALETTE && colors.length > MAX_PALETTE_BYTES + 2) {
        throw new BadImageException("the PNG file is damaged: its palette has over 256 colours");
      }
      return new PngFile(
          width,
          height,
          bits,
          colorType,
          header.unsigned8(12) != 0,
          colors,
          box == null ? new Frame(0, 0, width, height) : box,
          data,
          at > reader.bytes().length,
          text.orientation());
    }

    /** Reads the chunks after the data, until a damaged one. Their checksums do not count. */
    private void readAfterData(long start, boolean animated) throws BadImageException {
      long at = start;
      while (at <= reader.bytes().length - 8 && isTypeName(at) && !isType(at, "IEND")) {
        if (isType(at, "fcTL") && animated) {
          return;
        }
        String type = type(at);
        byte[] content = content(at);
        read(type, content);
        at += 12 + content.length;
      }
    }

    private void read(String type, byte[] content) throws BadImageException {
      if (content.length < LEAST_BYTES.getOrDefault(type, 0)) {
        throw truncated(type);
      }
      switch (type) {
        case "IHDR", "tRNS" -> last.put(type, content);
        case "PLTE" -> palette = last.containsKey("IHDR") ? content : palette;
        case "iCCP" -> PngText.checkProfile(content);
        case "acTL" -> {
          long count = new ByteReader(content, true).unsigned32(0);
          frames = frames == 0 && count <= 1L << 31 ? count : 0;
        }
        case "fdAT" -> {
          boolean next =
              lastFrame >= 0 && new ByteReader(content, true).unsigned32(0) == ++lastFrame;
          if (!next) {
            throw wrongNumber();
          }
        }
        case "fcTL" -> readFrame(new ByteReader(content, true));
        default -> text.read(type, content);
      }
    }

    /** Reads the place of an animation's frame. The last one before the data is the image's. */
    private void readFrame(ByteReader frame) throws BadImageException {
      if (frame.unsigned32(0) != ++lastFrame) {
        throw wrongNumber();
      }
      byte[] header = last.get("IHDR");
      ByteReader size = new ByteReader(header == null ? new byte[8] : header, true);
      long width = frame.unsigned32(4);
      long height = frame.unsigned32(8);
      long left = frame.unsigned32(12);
      long top = frame.unsigned32(16);
      if ((data.isEmpty() && (width < 1 || height < 1))
          || left + width > size.unsigned32(0)
          || top + height > size.unsigned32(4)
          || size.unsigned32(0) > Integer.MAX_VALUE
          || size.unsigned32(4) > Integer.MAX_VALUE) {
        throw new BadImageException("the PNG file is damaged: a frame is not within the image");
      }
      box = data.isEmpty() ? new Frame((int) left, (int) top, (int) width, (int) height) : box;
    }

    private byte[] content(long at) throws BadImageException {
      long length = reader.unsigned32(at);
      reader.require(at, 8 + length);
      return Arrays.copyOfRange(reader.bytes(), (int) at + 8, (int) (at + 8 + length));
    }

    private void checkSum(long at, String type, byte[] content) throws BadImageException {
      if (type.equals("IEND")) {
        return;
      }
      CRC32 sum = new CRC32();
      sum.update(reader.bytes(), (int) at + 4, 4 + content.length);
      if (sum.getValue() != reader.unsigned32(at + 8 + content.length)) {
        throw new BadImageException(
            "the PNG file is damaged: the chunk " + type + " has a wrong checksum");
      }
    }

    private String type(long at) throws BadImageException {
      reader.require(at, 8);
      if (!isTypeName(at)) {
        throw new BadImageException("the PNG file is damaged: a chunk has no valid name");
      }
      return new String(reader.bytes(), (int) at + 4, 4, StandardCharsets.US_ASCII);
    }

    private boolean isTypeName(long at) throws BadImageException {
      for (long i = at + 4; i < at + 8; i++) {
        int letter = reader.unsigned8(i);
        if (letter > 'z' || (!Character.isLetterOrDigit(letter) && letter != '_')) {
          return false;
        }
      }
      return true;
    }

    private boolean isType(long at, String type) {
      return reader.hasText(at + 4, type);
    }

    private static BadImageException wrongNumber() {
      return new BadImageException("the PNG file is damaged: its frames have wrong numbers");
    }

    private static BadImageException truncated(String type) {
      return new BadImageException("the PNG file is damaged: the chunk " + type + " is too short");
    }
  }
}
