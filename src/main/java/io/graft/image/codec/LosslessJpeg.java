package io.graft.image.codec;

import io.graft.image.BadImageException;

/**
 * Decodes lossless JPEG with Huffman coding (ITU T.81, annex H), which Java's decoder and older
 * versions of libjpeg-turbo do not know. All components have the same size.
 */
final class LosslessJpeg {

  private static final int END = 0xd9;
  private static final int SCAN = 0xda;
  private static final int FIRST_RESTART = 0xd0;
  private static final int HUFFMAN_TABLES = 0xc4;
  private static final int RESTART_INTERVAL = 0xdd;
  private static final int SAMPLE_BITS = 8;

  /** The category of a difference that needs no more bits. */
  private static final int HALF_RANGE = 16;

  private final ByteReader reader;
  private final byte[] bytes;
  private final int width;
  private final int height;
  private final byte[] samples;
  private final int[] components;
  private final HuffmanTable[] tables = new HuffmanTable[4];
  private int restartInterval;
  private int at = 2;
  private int bits;
  private int bitCount;

  /** Canonical codes: the symbols by length, and the first code and symbol of each length. */
  @SuppressWarnings("ArrayRecordComponent") // No two tables are compared.
  private record HuffmanTable(int[] firstCode, int[] firstSymbol, int[] count, int[] symbols) {}

  /** A component of a scan, with the lines that its predictions use. */
  private static final class Plane {
    final int component;
    final HuffmanTable table;
    int[] line;
    int[] above;

    Plane(int component, HuffmanTable table, int width) {
      this.component = component;
      this.table = table;
      line = new int[width];
      above = new int[width];
    }
  }

  private LosslessJpeg(byte[] stream, int width, int height, int bands) {
    reader = new ByteReader(stream, true);
    bytes = stream;
    this.width = width;
    this.height = height;
    samples = new byte[Math.multiplyExact(Math.multiplyExact(width, height), bands)];
    components = new int[bands];
  }

  /**
   * Decodes the stream of a file.
   *
   * @return the samples, uint8, {@code bands} of them for each pixel
   */
  static byte[] samples(byte[] stream, int width, int height, int bands) throws BadImageException {
    LosslessJpeg decoder = new LosslessJpeg(stream, width, height, bands);
    decoder.decode();
    return decoder.samples;
  }

  private void decode() throws BadImageException {
    int decoded = 0;
    while (true) {
      while (reader.unsigned8(at) != 0xff || reader.unsigned8(at + 1) == 0xff) {
        at++;
      }
      int marker = reader.unsigned8(at + 1);
      at += 2;
      if (marker == END) {
        break;
      }
      if (marker == 0) {
        throw damaged("more data than its rows");
      }
      int length = reader.unsigned16(at);
      reader.require(at, length);
      int next = at + length;
      if (JpegSegments.isFrame(marker)) {
        readFrame();
      } else if (marker == HUFFMAN_TABLES) {
        readTables(next);
      } else if (marker == RESTART_INTERVAL) {
        restartInterval = reader.unsigned16(at + 2);
      } else if (marker == SCAN) {
        int count = reader.unsigned8(at + 2);
        decoded += count;
        // A scan without components would take time, but no data.
        if (count < 1 || decoded > components.length) {
          throw damaged("a scan of " + count + " components");
        }
        decodeScan(
            planes(count), reader.unsigned8(next - 3), reader.unsigned8(next - 1) & 15, next);
        continue;
      }
      at = next;
    }
    if (decoded != components.length) {
      throw new BadImageException("the JPEG data is cut off: a colour component is missing");
    }
  }

  private void readFrame() throws BadImageException {
    if (reader.unsigned8(at + 7) != components.length) {
      throw damaged("another number of components");
    }
    for (int i = 0; i < components.length; i++) {
      components[i] = reader.unsigned8(at + 8 + 3L * i);
      if (components.length > 1 && reader.unsigned8(at + 9 + 3L * i) != 0x11) {
        throw new BadImageException(
            "the JPEG file has lossless coding with subsampled components, which is not supported");
      }
    }
  }

  private void readTables(int end) throws BadImageException {
    int from = at + 2;
    while (from + 17 <= end) {
      int selector = reader.unsigned8(from++);
      int[] firstCode = new int[17];
      int[] firstSymbol = new int[17];
      int[] count = new int[17];
      int code = 0;
      int total = 0;
      for (int length = 1; length <= 16; length++) {
        count[length] = reader.unsigned8(from++);
        firstCode[length] = code;
        firstSymbol[length] = total;
        total += count[length];
        if (code + count[length] > 1 << length) {
          throw damaged("a Huffman table with too many codes");
        }
        code = (code + count[length]) << 1;
      }
      int[] symbols = new int[total];
      if (from + total > end) {
        throw damaged("a Huffman table that is cut off");
      }
      for (int i = 0; i < total; i++) {
        symbols[i] = reader.unsigned8(from++);
      }
      tables[selector & 3] = new HuffmanTable(firstCode, firstSymbol, count, symbols);
    }
  }

  private Plane[] planes(int count) throws BadImageException {
    Plane[] planes = new Plane[count];
    for (int i = 0; i < count; i++) {
      int id = reader.unsigned8(at + 3 + 2L * i);
      int component = 0;
      while (component < components.length && components[component] != id) {
        component++;
      }
      HuffmanTable table = tables[reader.unsigned8(at + 4 + 2L * i) >> 4 & 3];
      if (component == components.length || table == null) {
        throw damaged("a scan of an unknown component or without a Huffman table");
      }
      planes[i] = new Plane(component, table, width);
    }
    return planes;
  }

  private void decodeScan(Plane[] planes, int predictor, int shift, int start)
      throws BadImageException {
    at = start;
    bitCount = 0;
    if (predictor < 1 || predictor > 7 || shift >= SAMPLE_BITS || restartInterval % width != 0) {
      throw damaged("a scan with the predictor " + predictor);
    }
    int linesToRestart = restartInterval / width;
    int firstLine = 0;
    for (int y = 0; y < height; y++) {
      if (linesToRestart > 0 && y > 0 && y % linesToRestart == 0) {
        restart((y / linesToRestart - 1) % 8);
        firstLine = y;
      }
      for (int x = 0; x < width; x++) {
        for (Plane plane : planes) {
          int prediction =
              y == firstLine
                  ? x == 0 ? 1 << (SAMPLE_BITS - shift - 1) : plane.line[x - 1]
                  : x == 0 ? plane.above[0] : predict(plane, x, predictor);
          int value = (prediction + difference(plane.table)) & 0xffff;
          plane.line[x] = value;
          int pixel = y * width + x;
          samples[pixel * components.length + plane.component] = (byte) (value << shift);
        }
      }
      for (Plane plane : planes) {
        int[] swap = plane.above;
        plane.above = plane.line;
        plane.line = swap;
      }
    }
  }

  private static int predict(Plane plane, int x, int predictor) {
    int left = plane.line[x - 1];
    int above = plane.above[x];
    int corner = plane.above[x - 1];
    return switch (predictor) {
      case 1 -> left;
      case 2 -> above;
      case 3 -> corner;
      case 4 -> left + above - corner;
      case 5 -> left + ((above - corner) >> 1);
      case 6 -> above + ((left - corner) >> 1);
      default -> (left + above) >> 1;
    };
  }

  private int difference(HuffmanTable table) throws BadImageException {
    int code = 0;
    for (int length = 1; length <= 16; length++) {
      code = code << 1 | bit();
      int index = code - table.firstCode[length];
      if (index < table.count[length]) {
        int category = table.symbols[table.firstSymbol[length] + index];
        if (category == HALF_RANGE) {
          return 1 << 15;
        } else if (category > HALF_RANGE) {
          throw damaged("a difference of " + category + " bits");
        }
        int value = 0;
        for (int i = 0; i < category; i++) {
          value = value << 1 | bit();
        }
        return category > 0 && value < 1 << (category - 1) ? value - (1 << category) + 1 : value;
      }
    }
    throw damaged("an unknown Huffman code");
  }

  private int bit() throws BadImageException {
    if (bitCount == 0) {
      bits = reader.unsigned8(at++);
      if (bits == 0xff) {
        if (reader.unsigned8(at++) != 0) {
          throw new BadImageException("the JPEG data is cut off: it ends before the last row");
        }
      }
      bitCount = 8;
    }
    return bits >> --bitCount & 1;
  }

  private void restart(int number) throws BadImageException {
    bitCount = 0;
    while (at + 1 < bytes.length && reader.unsigned8(at) == 0xff && bytes[at + 1] == -1) {
      at++;
    }
    if (reader.unsigned8(at) != 0xff || reader.unsigned8(at + 1) != FIRST_RESTART + number) {
      throw damaged("no restart marker where one is due");
    }
    at += 2;
  }

  private static BadImageException damaged(String found) {
    return new BadImageException("the lossless JPEG data is damaged: it has " + found);
  }
}
