package io.graft.image.codec;

import io.graft.image.BadImageException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the orientation in a file's metadata by the rules of Pillow's {@code Image.getexif}: the
 * Exif data wins, and XMP counts only if the Exif data has no orientation. Damaged metadata gives
 * an upright image, because the pixels may be intact.
 */
final class OrientationTag {

  private static final int ORIENTATION = 274;
  private static final int XMP = 700;
  private static final String EXIF_PREFIX = "Exif\0\0";
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private static final int BYTE = 1;
  private static final int UNDEFINED = 7;

  /** The size in bytes of each type of value that Pillow knows; 0 for the others. */
  private static final int[] TYPE_BYTES = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8};

  /** The beginnings of a TIFF structure. Some programs write the number in the other order. */
  private static final List<String> TIFF_HEADS =
      List.of("MM\0*", "II*\0", "MM*\0", "II\0*", "MM\0+", "II+\0");

  private static final Pattern IN_XMP = Pattern.compile("tiff:Orientation(?:=\"|>)([0-9])");

  private OrientationTag() {}

  /** The values of a directory that matter here, by tag. */
  private record Value(int type, ByteBuffer data) {}

  /** The bytes of a buffer as characters, so that a pattern searches them without a copy. */
  private record Characters(ByteBuffer bytes) implements CharSequence {
    @Override
    public int length() {
      return bytes.limit();
    }

    @Override
    public char charAt(int index) {
      return (char) (bytes.get(index) & 0xff);
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return new Characters(bytes.slice(start, end - start));
    }

    @Override
    public String toString() {
      return chars()
          .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
          .toString();
    }
  }

  /**
   * Returns the orientation, 1 to 8.
   *
   * @param exif Exif data, with or without its prefix; empty if the file has none
   * @param xmp an XMP packet; empty if the file has none
   */
  static int of(byte[] exif, byte[] xmp) {
    return of(ByteBuffer.wrap(exif), ByteBuffer.wrap(xmp));
  }

  /**
   * Returns the orientation, 1 to 8.
   *
   * @param exif Exif data, as in {@link #of(byte[], byte[])}, from byte 0 to the buffer's limit
   * @param xmp an XMP packet, likewise
   */
  static int of(ByteBuffer exif, ByteBuffer xmp) {
    ByteBuffer tiff = withoutPrefix(withoutPrefix(exif));
    if (tiff.limit() == 0) {
      return ofXmp(xmp);
    }
    // Pillow does not read Exif data in the form of BigTIFF.
    return !isTiff(tiff) || tiff.limit() < 8 || isBigTiff(tiff)
        ? Orientation.UPRIGHT
        : of(directory(tiff), bigEndian(tiff), xmp);
  }

  /** Returns the orientation of a TIFF or BigTIFF file, 1 to 8. Its XMP packet is in a tag. */
  static int ofTiff(byte[] content) {
    ByteBuffer file = ByteBuffer.wrap(content);
    if (!isTiff(file) || content.length < (isBigTiff(file) ? 16 : 8)) {
      return Orientation.UPRIGHT;
    }
    Map<Integer, Value> directory = directory(file);
    Value xmp = directory.get(XMP);
    boolean bytes = xmp != null && (xmp.type() == BYTE || xmp.type() == UNDEFINED);
    return of(directory, bigEndian(file), bytes ? xmp.data() : NOTHING);
  }

  private static int of(Map<Integer, Value> directory, boolean bigEndian, ByteBuffer xmp) {
    Value value = directory.get(ORIENTATION);
    return value == null ? ofXmp(xmp) : valid(number(value, bigEndian));
  }

  private static int ofXmp(ByteBuffer xmp) {
    Matcher match = IN_XMP.matcher(new Characters(xmp));
    return match.find() ? valid(Integer.parseInt(match.group(1))) : Orientation.UPRIGHT;
  }

  private static int valid(double number) {
    return number >= 1 && number <= 8 && number == Math.rint(number)
        ? (int) number
        : Orientation.UPRIGHT;
  }

  private static ByteBuffer withoutPrefix(ByteBuffer exif) {
    int prefix = EXIF_PREFIX.length();
    return new ByteReader(exif, false).hasText(0, EXIF_PREFIX)
        ? exif.slice(prefix, exif.limit() - prefix)
        : exif;
  }

  private static boolean isTiff(ByteBuffer bytes) {
    ByteReader reader = new ByteReader(bytes, false);
    for (String head : TIFF_HEADS) {
      if (reader.hasText(0, head)) {
        return true;
      }
    }
    return false;
  }

  private static boolean bigEndian(ByteBuffer tiff) {
    return tiff.get(0) == 'M';
  }

  private static boolean isBigTiff(ByteBuffer tiff) {
    return tiff.get(2) == '+' || (tiff.get(2) == 0 && tiff.get(3) == '+');
  }

  /**
   * Reads the first directory (TIFF 6.0, section 2). As in Pillow, the first entry of a tag counts,
   * entries of unknown types are passed over, and an entry whose value is outside of the file ends
   * the directory.
   */
  private static Map<Integer, Value> directory(ByteBuffer tiff) {
    ByteReader reader = new ByteReader(tiff, bigEndian(tiff));
    boolean big = isBigTiff(tiff);
    int inline = big ? 8 : 4;
    Map<Integer, Value> values = new HashMap<>();
    Set<Integer> seen = new HashSet<>();
    try {
      long at = offset(reader, big ? 8 : 4, big);
      long entries = big ? reader.unsigned64(at) : reader.unsigned16(at);
      at += big ? 8 : 2;
      long outside = 0;
      for (long i = 0; i < entries; i++, at += 4 + 2L * inline) {
        reader.require(at, 4 + 2L * inline);
        int tag = reader.unsigned16(at);
        int type = reader.unsigned16(at + 2);
        int unit = type < TYPE_BYTES.length ? TYPE_BYTES[type] : 0;
        long size = unit * Math.min(Long.MAX_VALUE / 64, offset(reader, at + 4, big));
        if (size == 0 || seen.contains(tag)) {
          continue;
        }
        long start = at + 4 + inline;
        if (size > inline) {
          outside = Math.min(Long.MAX_VALUE / 2, outside + size);
          if (outside > tiff.limit()) {
            continue;
          }
          start = offset(reader, start, big);
          reader.require(start, size);
        }
        seen.add(tag);
        if (tag == ORIENTATION || tag == XMP) {
          values.put(tag, new Value(type, reader.part(start, size)));
        }
      }
    } catch (BadImageException e) {
      // The values before the damage count.
    }
    return values;
  }

  private static long offset(ByteReader reader, long at, boolean big) throws BadImageException {
    return big ? reader.unsigned64(at) : reader.unsigned32(at);
  }

  /** Returns the first number of a value. In Pillow, bytes and text are not numbers. */
  private static double number(Value value, boolean bigEndian) {
    ByteReader reader = new ByteReader(value.data(), bigEndian);
    try {
      return switch (value.type()) {
        case 3 -> reader.unsigned16(0);
        case 4, 13 -> reader.unsigned32(0);
        case 5 -> (double) reader.unsigned32(0) / reader.unsigned32(4);
        case 6 -> (byte) reader.unsigned8(0);
        case 8 -> (short) reader.unsigned16(0);
        case 9 -> (int) reader.unsigned32(0);
        case 10 -> (double) (int) reader.unsigned32(0) / (int) reader.unsigned32(4);
        case 11 -> Float.intBitsToFloat((int) reader.unsigned32(0));
        case 12 -> Double.longBitsToDouble(reader.bits64(0));
        case 16 -> reader.unsigned64(0);
        default -> Orientation.UPRIGHT;
      };
    } catch (BadImageException e) {
      return Orientation.UPRIGHT;
    }
  }
}
