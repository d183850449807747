package io.graft.image.codec;

import io.graft.image.BadImageException;
import io.graft.image.codec.JpegFile.Colors;
import java.nio.ByteBuffer;

/** Parses what {@link JpegFile} holds. */
final class JpegHeader {

  private static final int EXTENDED = 0xc1;
  private static final int PROGRESSIVE = 0xc2;
  private static final int LOSSLESS = 0xc3;
  private static final int APP1 = 0xe1;
  private static final int APP2 = 0xe2;
  private static final int APP14 = 0xee;
  private static final int END = 0xd9;

  private static final String EXIF = "Exif\0\0";
  private static final String PROFILE = "ICC_PROFILE\0";
  private static final String XMP = "http://ns.adobe.com/xap/1.0/\0";
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final ByteReader reader;
  private final JpegSegments segments;
  private ByteBuffer exif = NOTHING;
  private ByteBuffer xmp = NOTHING;

  /** The first segment of the ICC profile, in the order of their bytes; null if there is none. */
  private ByteBuffer profile;

  private boolean jfif;
  private int adobeTransform = -1;

  /** The offset of the frame header's content. */
  private int frame = -1;

  private int process;

  JpegHeader(ByteBuffer content) {
    reader = new ByteReader(content, true);
    segments = new JpegSegments(reader);
  }

  JpegFile parse() throws BadImageException {
    while (segments.next()) {
      readSegment(segments.marker(), segments.data(), segments.length());
    }
    if (frame < 0 || segments.ended()) {
      throw new BadImageException(
          "the JPEG file holds no image: it has no "
              + (frame < 0 ? "frame header" : "scan after its frame header"));
    }
    checkProcess();
    int scan = segments.scan();
    requireEnd(scan + 2);
    Colors colors = colors();
    return new JpegFile(
        reader.content(),
        reader.unsigned16(frame + 3),
        reader.unsigned16(frame + 1),
        colors,
        usualSampling(colors),
        process == LOSSLESS,
        process == PROGRESSIVE || hasSeveralScans(scan),
        OrientationTag.of(exif, xmp),
        scan);
  }

  private void readSegment(int marker, int data, int length) throws BadImageException {
    checkSegment(marker, data, length);
    if (marker == JpegSegments.APP0 && length >= 14 && reader.hasText(data, "JFIF\0")) {
      jfif = true;
    } else if (marker == APP1 && startsWith(data, length, EXIF)) {
      ByteBuffer part = reader.part(data, length);
      // A second segment continues the first, without its prefix.
      exif = exif.limit() == 0 ? part : joined(exif, part.position(EXIF.length()));
    } else if (marker == APP1 && startsWith(data, length, XMP)) {
      xmp = reader.part(data + XMP.length(), length - XMP.length());
    } else if (marker == APP14 && length >= 12 && reader.hasText(data, "Adobe")) {
      adobeTransform = reader.unsigned8(data + 11);
    } else if (JpegSegments.isFrame(marker)) {
      if (frame >= 0) {
        throw damaged("it has two frame headers");
      }
      frame = data;
      process = marker;
      reader.require(frame - 2, 8 + 3L * reader.unsigned8(frame + 5));
    }
  }

  private static ByteBuffer joined(ByteBuffer first, ByteBuffer second) {
    return ByteBuffer.allocate(first.limit() + second.remaining())
        .put(first.duplicate().rewind())
        .put(second)
        .flip();
  }

  /** Refuses what Pillow refuses: application segments without the numbers that they announce. */
  private void checkSegment(int marker, int data, int length) throws BadImageException {
    boolean named =
        (marker == JpegSegments.APP0 && startsWith(data, length, "JFIF"))
            || (marker == APP14 && startsWith(data, length, "Adobe"));
    if (named && length < 7) {
      throw damaged("a segment APP" + (marker - JpegSegments.APP0) + " is too short");
    }
    if (marker == APP2 && startsWith(data, length, PROFILE)) {
      ByteBuffer part = reader.part(data, length);
      profile = profile == null || isBefore(part, profile) ? part : profile;
    }
    if (JpegSegments.isFrame(marker) && profile != null && profile.limit() < PROFILE.length() + 2) {
      throw damaged("a segment of its ICC profile has no number");
    }
  }

  /** Compares unsigned bytes; the beginning of a longer segment is before it. */
  private static boolean isBefore(ByteBuffer one, ByteBuffer other) {
    int at = one.mismatch(other);
    return at >= 0
        && at < other.limit()
        && (at == one.limit()
            || Byte.toUnsignedInt(one.get(at)) < Byte.toUnsignedInt(other.get(at)));
  }

  private static BadImageException damaged(String reason) {
    return new BadImageException("the JPEG file is damaged: " + reason);
  }

  private boolean startsWith(int data, int length, String text) {
    return length >= text.length() && reader.hasText(data, text);
  }

  private void checkProcess() throws BadImageException {
    if (process != JpegSegments.BASELINE
        && process != EXTENDED
        && process != PROGRESSIVE
        && process != LOSSLESS) {
      String kind =
          switch (process) {
            case 0xc9, 0xca -> "arithmetic coding";
            default -> "the process SOF" + (process - JpegSegments.BASELINE);
          };
      throw new BadImageException(
          "the JPEG file uses " + kind + ", which is not supported; Huffman coding is");
    }
    int bits = reader.unsigned8(frame);
    if (bits != 8) {
      throw new BadImageException("the JPEG file has " + bits + " bits a sample; 8 are supported");
    }
  }

  /** Requires the end marker. Without it, a file cut off between two scans decodes silently. */
  private void requireEnd(int start) throws BadImageException {
    int last = reader.length() - 2;
    if (last >= start && reader.unsigned16(last) == (0xff00 | END)) {
      return;
    }
    for (int i = start; i + 1 < reader.length(); i++) {
      if (reader.unsigned8(i) == 0xff) {
        int marker = reader.unsigned8(i + 1);
        if (marker == END) {
          return;
        }
        boolean segment = marker >= 0xc0 && (marker < 0xd0 || marker > 0xd7) && marker != 0xff;
        if (segment && i + 3 < reader.length()) {
          i += 1 + reader.unsigned16(i + 2);
        }
      }
    }
    throw new BadImageException("the JPEG data is cut off: it has no end marker");
  }

  private boolean usualSampling(Colors colors) throws BadImageException {
    if (process == LOSSLESS) {
      return false;
    } else if (colors != Colors.YCC) {
      return colors == Colors.GREY;
    }
    int luma = reader.unsigned8(frame + 7);
    return (luma == 0x11 || luma == 0x21 || luma == 0x22)
        && reader.unsigned8(frame + 10) == 0x11
        && reader.unsigned8(frame + 13) == 0x11;
  }

  /** Returns whether the first scan lacks components. A scan without a header has none. */
  private boolean hasSeveralScans(int scan) {
    int components = scan + 4;
    return components >= reader.length()
        || reader.content().get(components) != reader.content().get(frame + 5);
  }

  /** Detects the colour space like libjpeg's {@code default_decompress_parms}. */
  private Colors colors() throws BadImageException {
    int components = reader.unsigned8(frame + 5);
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
        reader.unsigned8(frame + 6) == 'R'
            && reader.unsigned8(frame + 9) == 'G'
            && reader.unsigned8(frame + 12) == 'B';
    boolean rgb =
        !jfif && (adobeTransform == 0 || (adobeTransform < 0 && (named || process == LOSSLESS)));
    return rgb ? Colors.RGB : Colors.YCC;
  }
}
