package io.graft.image.codec;

import io.graft.image.BadImageException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The values and segments of a JPEG file (ITU T.81, annex B) before its first scan.
 *
 * @param colors the colour space of the samples
 * @param usualSampling whether the chroma has full size, half the width, or half the width and
 *     height; other ratios decode differently in different versions of libjpeg
 * @param lossless whether it has lossless coding
 * @param orientation the orientation, 1 to 8
 * @param stream the file without what does not change the samples: profiles, thumbnails, comments
 *     and other application segments, in which decoders find different faults
 */
record JpegFile(
    int width,
    int height,
    Colors colors,
    boolean usualSampling,
    boolean lossless,
    int orientation,
    @SuppressWarnings("ArrayRecordComponent") byte[] stream) {

  /** The colour spaces of JPEG files. */
  enum Colors {
    GREY,
    RGB,
    YCC,
    CMYK,
    YCCK
  }

  private static final int START = 0xd8;
  private static final int END = 0xd9;
  private static final int SCAN = 0xda;
  private static final int BASELINE = 0xc0;
  private static final int EXTENDED = 0xc1;
  private static final int PROGRESSIVE = 0xc2;
  private static final int LOSSLESS = 0xc3;
  private static final int APP0 = 0xe0;
  private static final int APP1 = 0xe1;
  private static final int APP2 = 0xe2;
  private static final int APP14 = 0xee;
  private static final int APP15 = 0xef;
  private static final int COMMENT = 0xfe;

  /**
   * The start of {@link #stream}: JFIF says that three components are YCbCr, whatever their names.
   */
  private static final byte[] BEGINNING =
      HexFormat.of().parseHex("ffd8ffe000104a46494600010100000100010000");

  private static final String EXIF = "Exif\0\0";
  private static final String PROFILE = "ICC_PROFILE\0";
  private static final String XMP = "http://ns.adobe.com/xap/1.0/\0";

  /** Reads a file up to its first scan, and checks that it is of a kind that can be decoded. */
  static JpegFile parse(byte[] encoded) throws BadImageException {
    return new Parser(encoded).parse();
  }

  /** Returns whether a marker begins a frame header. */
  static boolean isFrame(int marker) {
    return marker >= BASELINE
        && marker <= 0xcf
        && marker != 0xc4
        && marker != 0xc8
        && marker != 0xcc;
  }

  private static final class Parser {

    private final ByteReader reader;
    private final ByteArrayOutputStream stream;
    private final ByteArrayOutputStream exif = new ByteArrayOutputStream();
    private byte[] xmp = {};

    /** The first segment of the ICC profile, in the order of their bytes; null if there is none. */
    private byte[] profile;

    private boolean jfif;
    private int adobeTransform = -1;
    private long frame = -1;

    Parser(byte[] encoded) {
      reader = new ByteReader(encoded, true);
      stream = new ByteArrayOutputStream(encoded.length + BEGINNING.length);
      stream.writeBytes(BEGINNING);
    }

    JpegFile parse() throws BadImageException {
      long at = 2;
      int marker = 0;
      while (marker != SCAN && marker != END) {
        while (reader.unsigned8(at) != 0xff) {
          at++;
        }
        marker = reader.unsigned8(++at);
        boolean alone = marker == 0 || (marker >= 0xd0 && marker < START);
        if ((marker < BASELINE && !alone) || marker == START) {
          throw damaged("it has the unexpected marker " + Integer.toHexString(0xff00 | marker));
        } else if (marker == 0xff || alone) {
          at += alone ? 1 : 0;
        } else if (marker != SCAN && marker != END) {
          at = segment(marker, at + 1);
        }
      }
      if (frame < 0 || marker == END) {
        throw new BadImageException(
            "the JPEG file holds no image: it has no "
                + (frame < 0 ? "frame header" : "scan after its frame header"));
      }
      checkProcess();
      requireEnd(at + 1);
      Colors colors = colors();
      byte[] bytes = reader.bytes();
      stream.write(bytes, (int) at - 1, bytes.length - (int) at + 1);
      return new JpegFile(
          reader.unsigned16(frame + 5),
          reader.unsigned16(frame + 3),
          colors,
          usualSampling(colors),
          lossless(),
          OrientationTag.of(exif.toByteArray(), xmp),
          stream.toByteArray());
    }

    /** Reads a segment, whose length is at {@code at}. Returns the offset after it. */
    private long segment(int marker, long at) throws BadImageException {
      // A length below 2 is wrong; libjpeg and Pillow go on after it.
      int length = Math.max(2, reader.unsigned16(at));
      reader.require(at, length);
      long data = at + 2;
      byte[] content = Arrays.copyOfRange(reader.bytes(), (int) data, (int) at + length);
      checkSegment(marker, content);
      if (marker == APP0 && content.length >= 14 && reader.hasText(data, "JFIF\0")) {
        jfif = true;
      } else if (marker == APP1 && startsWith(content, EXIF)) {
        // A second segment continues the first, without its prefix.
        int from = exif.size() == 0 ? 0 : EXIF.length();
        exif.write(content, from, content.length - from);
      } else if (marker == APP1 && startsWith(content, XMP)) {
        xmp = Arrays.copyOfRange(content, XMP.length(), content.length);
      } else if (marker == APP14 && content.length >= 12 && reader.hasText(data, "Adobe")) {
        adobeTransform = content[11] & 0xff;
      } else if (isFrame(marker)) {
        if (frame >= 0) {
          throw damaged("it has two frame headers");
        }
        frame = at;
        reader.require(at, 8 + 3L * reader.unsigned8(at + 7));
      }
      if ((marker < APP0 || marker > APP15) && marker != COMMENT) {
        stream.write(0xff);
        stream.write(marker);
        // The length is at most 16 bits, so a wrong one is written right.
        stream.write(length >> 8);
        stream.write(length);
        stream.write(content, 0, content.length);
      }
      return at + length;
    }

    /** Refuses what Pillow refuses: application segments without the numbers that they announce. */
    private void checkSegment(int marker, byte[] content) throws BadImageException {
      boolean named =
          (marker == APP0 && startsWith(content, "JFIF"))
              || (marker == APP14 && startsWith(content, "Adobe"));
      if (named && content.length < 7) {
        throw damaged("a segment APP" + (marker - APP0) + " is too short");
      }
      if (marker == APP2
          && startsWith(content, PROFILE)
          && (profile == null || Arrays.compareUnsigned(content, profile) < 0)) {
        profile = content;
      }
      if (isFrame(marker) && profile != null && profile.length < PROFILE.length() + 2) {
        throw damaged("a segment of its ICC profile has no number");
      }
    }

    private static BadImageException damaged(String reason) {
      return new BadImageException("the JPEG file is damaged: " + reason);
    }

    private static boolean startsWith(byte[] content, String text) {
      byte[] head = text.getBytes(StandardCharsets.ISO_8859_1);
      return content.length >= head.length
          && Arrays.equals(content, 0, head.length, head, 0, head.length);
    }

    private void checkProcess() throws BadImageException {
      int marker = reader.unsigned8(frame - 1);
      if (marker != BASELINE && marker != EXTENDED && marker != PROGRESSIVE && !lossless()) {
        String kind =
            switch (marker) {
              case 0xc9, 0xca -> "arithmetic coding";
              default -> "the process SOF" + (marker - BASELINE);
            };
        throw new BadImageException(
            "the JPEG file uses " + kind + ", which is not supported; Huffman coding is");
      }
      int bits = reader.unsigned8(frame + 2);
      if (bits != 8) {
        throw new BadImageException(
            "the JPEG file has " + bits + " bits a sample; 8 are supported");
      }
    }

    /** Requires the end marker. Without it, a file cut off between two scans decodes silently. */
    private void requireEnd(long start) throws BadImageException {
      byte[] bytes = reader.bytes();
      int last = bytes.length - 2;
      if (last >= start && bytes[last] == (byte) 0xff && (bytes[last + 1] & 0xff) == END) {
        return;
      }
      for (int i = (int) start; i + 1 < bytes.length; i++) {
        if (bytes[i] == (byte) 0xff) {
          int marker = bytes[i + 1] & 0xff;
          if (marker == END) {
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

    private boolean lossless() throws BadImageException {
      return reader.unsigned8(frame - 1) == LOSSLESS;
    }

    private boolean usualSampling(Colors colors) throws BadImageException {
      if (lossless()) {
        return false;
      } else if (colors != Colors.YCC) {
        return colors == Colors.GREY;
      }
      int luma = reader.unsigned8(frame + 9);
      return (luma == 0x11 || luma == 0x21 || luma == 0x22)
          && reader.unsigned8(frame + 12) == 0x11
          && reader.unsigned8(frame + 15) == 0x11;
    }

    /** Detects the colour space like libjpeg's {@code default_decompress_parms}. */
    private Colors colors() throws BadImageException {
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
      boolean rgb = !jfif && (adobeTransform == 0 || (adobeTransform < 0 && (named || lossless())));
      return rgb ? Colors.RGB : Colors.YCC;
    }
  }
}
