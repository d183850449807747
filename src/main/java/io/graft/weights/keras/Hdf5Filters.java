package io.graft.weights.keras;

import static io.graft.tensors.MalformedCheckpointException.quote;

import io.graft.runtime.WeightsException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The filters through which the chunks of a dataset were written: a shuffle of bytes, a compression
 * and a checksum. Several threads may use it at once.
 *
 * @see <a href="https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html">The HDF5
 *     format, level 2, filter pipeline message</a>
 */
final class Hdf5Filters {

  private static final int DEFLATE = 1;
  private static final int SHUFFLE = 2;
  private static final int FLETCHER32 = 3;
  private static final int LZF = 32000;

  private static final int CHECKSUM_BYTES = 4;

  /** The names of the filters that people meet. */
  private static final Map<Integer, String> NAMES =
      Map.ofEntries(
          Map.entry(DEFLATE, "gzip"),
          Map.entry(SHUFFLE, "shuffle"),
          Map.entry(FLETCHER32, "fletcher32"),
          Map.entry(4, "szip"),
          Map.entry(5, "n-bit"),
          Map.entry(6, "scale-offset"),
          Map.entry(LZF, "lzf"),
          Map.entry(32001, "blosc"),
          Map.entry(32004, "lz4"),
          Map.entry(32008, "bitshuffle"),
          Map.entry(32013, "zfp"),
          Map.entry(32015, "zstd"),
          Map.entry(32026, "blosc2"));

  /** The most bytes that one byte inflates to: a match of 258 bytes takes at least two bits. */
  private static final int MOST_INFLATION = 1032;

  private final Hdf5File file;
  private final String path;
  private final List<Integer> filters;
  private final int chunkBytes;
  private final int elementBytes;

  /**
   * Checks the filters of a dataset.
   *
   * @param filters the numbers of the filters, in the order in which they were applied
   * @throws WeightsException if a filter is not known, or one is there twice; the message names it
   */
  Hdf5Filters(Hdf5File file, String path, List<Integer> filters, int chunkBytes, int elementBytes) {
    this.file = file;
    this.path = path;
    this.filters = List.copyOf(filters);
    this.chunkBytes = chunkBytes;
    this.elementBytes = elementBytes;
    for (int filter : filters) {
      if (!List.of(DEFLATE, SHUFFLE, FLETCHER32, LZF).contains(filter)) {
        throw new WeightsException(
            String.format(
                "%s is a usable HDF5 file, but %s in it is compressed with %s, which is not read."
                    + " Expected no filter, or some of gzip, lzf, shuffle and fletcher32; write"
                    + " the file again without the compression.",
                file.description(),
                quote(path),
                NAMES.containsKey(filter)
                    ? NAMES.get(filter) + " (filter " + filter + ")"
                    : "filter " + filter));
      }
    }
    if (filters.stream().distinct().count() < filters.size()
        || (filters.contains(DEFLATE) && filters.contains(LZF))) {
      throw fault("has the filters %s, of which some exclude each other", filters);
    }
  }

  /** Returns the most bytes that one stored byte can become. */
  int mostInflation() {
    return filters.contains(DEFLATE) || filters.contains(LZF) ? MOST_INFLATION : 1;
  }

  /**
   * What one thread needs to decode chunks one after the other. Each chunk overwrites the one
   * before. An inflater and fresh pages of memory cost about as much as a small chunk.
   */
  static final class Scratch implements AutoCloseable {

    private final Inflater inflater = new Inflater();
    private byte[] inflated = {};
    private byte[] elements = {};

    private byte[] inflated(int size) {
      if (inflated.length != size) {
        inflated = new byte[size];
      }
      return inflated;
    }

    private byte[] elements(int size) {
      if (elements.length != size) {
        elements = new byte[size];
      }
      return elements;
    }

    @Override
    public void close() {
      inflater.end();
    }
  }

  /**
   * Returns the elements of a chunk as bytes, from the chunk as it is stored. The array may be part
   * of the scratch memory.
   */
  byte[] decode(ByteBuffer stored, Scratch scratch) {
    ByteBuffer bytes = stored.slice();
    for (int i = filters.size() - 1; i >= 0; i--) {
      bytes =
          switch (filters.get(i)) {
            case DEFLATE -> inflated(bytes, scratch);
            case SHUFFLE -> unshuffled(bytes, scratch);
            case FLETCHER32 -> withoutChecksum(bytes);
            default -> expanded(bytes);
          };
    }
    if (bytes.remaining() != chunkBytes) {
      throw fault("has a chunk of %s bytes, not %s", bytes.remaining(), chunkBytes);
    }
    return bytes(bytes);
  }

  /** Returns the bytes of a buffer, without a copy if they are a whole array. */
  private static byte[] bytes(ByteBuffer buffer) {
    if (buffer.hasArray()
        && buffer.arrayOffset() == 0
        && buffer.array().length == buffer.remaining()) {
      return buffer.array();
    }
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  private int decodedBytes(int filter) {
    boolean checked = filters.indexOf(FLETCHER32) >= 0;
    boolean checksumInside = checked && filters.indexOf(FLETCHER32) < filters.indexOf(filter);
    return chunkBytes + (checksumInside ? CHECKSUM_BYTES : 0);
  }

  private ByteBuffer inflated(ByteBuffer raw, Scratch scratch) {
    byte[] values = scratch.inflated(decodedBytes(DEFLATE));
    Inflater inflater = scratch.inflater;
    inflater.reset();
    try {
      inflater.setInput(raw);
      int count = 0;
      while (count < values.length) {
        int more = inflater.inflate(values, count, values.length - count);
        if (more == 0) {
          throw fault("has a compressed chunk that ends early");
        }
        count += more;
      }
      if (inflater.inflate(new byte[1]) != 0) {
        throw fault("has a compressed chunk that is too long");
      }
    } catch (DataFormatException e) {
      throw file.malformed(e, "%s has a damaged chunk", quote(path));
    }
    return ByteBuffer.wrap(values);
  }

  /**
   * Expands LZF. A chunk that does not become shorter is stored as it is: HDF5 then leaves the
   * filter out.
   *
   * @see <a href="http://oldhome.schmorp.de/marc/liblzf.html">LibLZF, whose format this is</a>
   */
  private ByteBuffer expanded(ByteBuffer raw) {
    byte[] values = new byte[decodedBytes(LZF)];
    if (raw.remaining() == values.length) {
      return raw;
    }
    int at = 0;
    try {
      while (raw.hasRemaining()) {
        int control = Byte.toUnsignedInt(raw.get());
        if (control < 32) {
          raw.get(values, at, control + 1);
          at += control + 1;
          continue;
        }
        int length = (control >> 5) + 2;
        if (length == 9) {
          length += Byte.toUnsignedInt(raw.get());
        }
        int from = at - ((control & 31) << 8) - Byte.toUnsignedInt(raw.get()) - 1;
        for (int i = 0; i < length; i++) {
          // Source and target may overlap: the bytes just written are then repeated.
          values[at] = values[from + i];
          at++;
        }
      }
    } catch (java.nio.BufferUnderflowException | IndexOutOfBoundsException e) {
      throw file.malformed(e, "%s has a damaged chunk", quote(path));
    }
    return ByteBuffer.wrap(values, 0, at);
  }

  private ByteBuffer unshuffled(ByteBuffer raw, Scratch scratch) {
    if (raw.remaining() % elementBytes != 0) {
      throw fault("has a shuffled chunk of %s bytes", raw.remaining());
    }
    byte[] shuffled = bytes(raw);
    byte[] elements = scratch.elements(shuffled.length);
    int count = shuffled.length / elementBytes;
    for (int b = 0; b < elementBytes; b++) {
      for (int i = 0, at = b; i < count; i++, at += elementBytes) {
        elements[at] = shuffled[b * count + i];
      }
    }
    return ByteBuffer.wrap(elements);
  }

  private ByteBuffer withoutChecksum(ByteBuffer raw) {
    int length = raw.remaining() - CHECKSUM_BYTES;
    if (length < 0) {
      throw fault("has a chunk without its checksum");
    }
    int stored = raw.order(ByteOrder.LITTLE_ENDIAN).getInt(length);
    ByteBuffer bytes = raw.slice(0, length);
    if (stored != fletcher32(bytes.duplicate())) {
      throw fault("has a chunk whose checksum (fletcher32) is wrong");
    }
    return bytes;
  }

  /**
   * Computes the checksum over the 16-bit numbers of the bytes, the first byte being the higher.
   */
  private static int fletcher32(ByteBuffer bytes) {
    bytes.order(ByteOrder.BIG_ENDIAN);
    long first = 0;
    long second = 0;
    while (bytes.remaining() > 1) {
      first = (first + Short.toUnsignedInt(bytes.getShort())) % 65535;
      second = (second + first) % 65535;
    }
    if (bytes.hasRemaining()) {
      first = (first + (Byte.toUnsignedInt(bytes.get()) << 8)) % 65535;
      second = (second + first) % 65535;
    }
    return (int) ((second << 16) | first);
  }

  @SuppressWarnings("AnnotateFormatMethod") // The annotation is not among the dependencies.
  private WeightsException fault(String reason, Object... values) {
    return file.malformed("%s %s", quote(path), String.format(reason, values));
  }
}
