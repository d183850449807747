package io.graft.image.codec;

import io.graft.image.BadImageException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The first directory of a TIFF or BigTIFF file: the values of its tags.
 *
 * @see <a href="https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf">TIFF 6.0</a>
 */
final class TiffDirectory {

  static final int WIDTH = 256;
  static final int HEIGHT = 257;
  static final int BITS = 258;
  static final int COMPRESSION = 259;
  static final int PHOTOMETRIC = 262;
  static final int FILL_ORDER = 266;
  static final int STRIP_OFFSETS = 273;
  static final int SAMPLES = 277;
  static final int ROWS_PER_STRIP = 278;
  static final int STRIP_LENGTHS = 279;
  static final int PLANAR = 284;
  static final int T4_OPTIONS = 292;
  static final int T6_OPTIONS = 293;
  static final int PREDICTOR = 317;
  static final int COLOR_MAP = 320;
  static final int TILE_WIDTH = 322;
  static final int TILE_HEIGHT = 323;
  static final int TILE_OFFSETS = 324;
  static final int TILE_LENGTHS = 325;
  static final int EXTRA_SAMPLES = 338;
  static final int SAMPLE_FORMAT = 339;
  static final int JPEG_TABLES = 347;
  static final int YCC_COEFFICIENTS = 529;
  static final int YCC_SUBSAMPLING = 530;
  static final int REFERENCE_BLACK_WHITE = 532;

  private static final int BIG_VERSION = 43;
  private static final int RATIONAL = 5;
  private static final int SIGNED_RATIONAL = 10;
  private static final int FLOAT = 11;
  private static final int DOUBLE = 12;

  /** The size in bytes of each type of value, from BYTE (1) to IFD8 (18); 0 for unused types. */
  private static final int[] TYPE_BYTES = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 2, 8, 8, 8, 8};

  /** The values of a tag: their type, their number, and where they are in the file. */
  private record Entry(int type, long count, long at) {}

  private final ByteReader reader;
  private final Map<Integer, Entry> entries = new HashMap<>();

  private TiffDirectory(ByteReader reader) {
    this.reader = reader;
  }

  /**
   * Reads the tags of the first directory. A tag whose values are outside of the file is absent. If
   * a tag is repeated, its first entry counts.
   */
  static TiffDirectory parse(byte[] encoded) throws BadImageException {
    ByteReader reader = new ByteReader(encoded, encoded[0] == 'M');
    TiffDirectory directory = new TiffDirectory(reader);
    boolean big = reader.unsigned16(2) == BIG_VERSION;
    long start = directory.value(big ? 16 : 4, big ? 8 : 4);
    long count = directory.value(big ? 16 : 3, start);
    int entryBytes = big ? 20 : 12;
    long first = start + (big ? 8 : 2);
    reader.require(first, Math.multiplyExact(Math.min(count, Integer.MAX_VALUE), entryBytes));
    for (long at = first; at < first + count * entryBytes; at += entryBytes) {
      int type = reader.unsigned16(at + 2);
      long values = directory.value(big ? 16 : 4, at + 4);
      long bytes = type < TYPE_BYTES.length ? TYPE_BYTES[type] * Math.min(values, 1L << 40) : 0;
      int valueAt = big ? 12 : 8;
      boolean inside = bytes <= (big ? 8 : 4);
      long data = inside ? at + valueAt : directory.value(big ? 16 : 4, at + valueAt);
      if (bytes > 0 && data <= encoded.length - bytes) {
        directory.entries.putIfAbsent(reader.unsigned16(at), new Entry(type, values, data));
      }
    }
    return directory;
  }

  boolean bigEndian() {
    return reader.bigEndian();
  }

  byte[] bytes() {
    return reader.bytes();
  }

  boolean has(int tag) {
    return entries.containsKey(tag);
  }

  /** Returns the numbers of a tag. A tag that is absent has none. */
  long[] numbers(int tag) throws BadImageException {
    long[] numbers = new long[count(tag)];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = number(tag, i);
    }
    return numbers;
  }

  /** Returns how many numbers a tag has: 0 if it is absent. */
  int count(int tag) {
    Entry entry = entries.get(tag);
    return entry == null ? 0 : (int) entry.count;
  }

  /** Returns one of the {@link #count} numbers of a tag. */
  long number(int tag, int index) throws BadImageException {
    Entry entry = entries.get(tag);
    return value(entry.type, entry.at + (long) index * TYPE_BYTES[entry.type]);
  }

  /** Returns the first number of a tag, or {@code absent}. */
  int integer(int tag, int absent) throws BadImageException {
    long number = count(tag) > 0 ? number(tag, 0) : absent;
    if (number < 0 || number > Integer.MAX_VALUE) {
      throw new BadImageException(
          "the TIFF file has the value %s of tag %s".formatted(number, tag));
    }
    return (int) number;
  }

  /** Returns the rational numbers of a tag, or {@code absent} if there are not as many. */
  double[] rationals(int tag, double... absent) throws BadImageException {
    Entry entry = entries.get(tag);
    if (entry == null || entry.count < absent.length) {
      return absent;
    }
    double[] numbers = new double[absent.length];
    for (int i = 0; i < numbers.length; i++) {
      long at = entry.at + (long) i * TYPE_BYTES[entry.type];
      numbers[i] =
          switch (entry.type) {
            case RATIONAL, SIGNED_RATIONAL ->
                (double) reader.unsigned32(at) / reader.unsigned32(at + 4);
            case FLOAT -> Float.intBitsToFloat((int) reader.unsigned32(at));
            case DOUBLE -> Double.longBitsToDouble(reader.bits64(at));
            default -> value(entry.type, at);
          };
    }
    return numbers;
  }

  /** Returns the bytes of a tag; none if it is absent. */
  byte[] content(int tag) {
    Entry entry = entries.get(tag);
    return entry == null
        ? new byte[0]
        : Arrays.copyOfRange(
            reader.bytes(),
            (int) entry.at,
            (int) (entry.at + entry.count * TYPE_BYTES[entry.type]));
  }

  private long value(int type, long at) throws BadImageException {
    return switch (TYPE_BYTES[type]) {
      case 1 -> reader.unsigned8(at);
      case 2 -> reader.unsigned16(at);
      case 4 -> reader.unsigned32(at);
      default -> reader.unsigned64(at);
    };
  }
}
