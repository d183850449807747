package io.graft.tensors;

import static io.graft.tensors.MalformedCheckpointException.quote;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The central directory of a zip archive: its entries and their offsets. Unlike {@code
 * java.util.zip}, it gives the offsets, so stored entries can be read in place.
 *
 * @see <a href="https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT">The zip format,
 *     sections 4.3 to 4.5</a>
 */
public final class ZipDirectory {

  private static final int MAX_DIRECTORY_BYTES = 16 << 20;
  private static final int END_BYTES = 22;
  private static final int MAX_COMMENT_BYTES = 0xffff;
  private static final int END_64_BYTES = 56;
  private static final int LOCATOR_64_BYTES = 20;
  private static final int ENTRY_BYTES = 46;
  private static final int LOCAL_BYTES = 30;
  public static final int LOCAL_SIGNATURE = 0x04034b50;
  private static final int ENTRY_SIGNATURE = 0x02014b50;
  private static final int END_SIGNATURE = 0x06054b50;
  private static final int END_64_SIGNATURE = 0x06064b50;
  private static final int LOCATOR_64_SIGNATURE = 0x07064b50;
  private static final long IN_ZIP64 = 0xffffffffL;

  private final FileChannel channel;
  private final long directoryStart;
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  /** An entry. The offset of its data is computed from its local header. */
  private record Entry(int flags, int method, long packed, long size, long headerOffset) {}

  /** The position of a stored entry's bytes in the file. */
  public record Span(long offset, long size) {}

  private record Bounds(long start, long size, long count) {}

  /** Reads the directory at the end of a file. */
  public ZipDirectory(FileChannel channel) throws IOException, MalformedCheckpointException {
    this.channel = channel;
    Bounds bounds = findDirectory(channel.size());
    this.directoryStart = bounds.start();
    ByteBuffer directory = read(bounds.start(), (int) bounds.size());
    for (long i = 0; i < bounds.count(); i++) {
      readEntry(directory);
    }
    if (directory.hasRemaining()) {
      throw new MalformedCheckpointException(
          "the directory of its zip archive continues after its last entry");
    }
  }

  /** Returns the name of the first entry, or an empty string. */
  public String firstName() {
    return entries.isEmpty() ? "" : entries.keySet().iterator().next();
  }

  public boolean contains(String name) {
    return entries.containsKey(name);
  }

  /** Returns where an entry's bytes are, checked to be within the file before the directory. */
  public Span locate(String name) throws IOException, MalformedCheckpointException {
    Entry entry = entries.get(name);
    if (entry == null) {
      throw new MalformedCheckpointException("its zip archive has no %s", quote(name));
    }
    if (entry.method() != 0 || (entry.flags() & 1) != 0 || entry.packed() != entry.size()) {
      throw new MalformedCheckpointException(
          "the entry %s of its zip archive is compressed or encrypted; PyTorch and Keras store it"
              + " uncompressed",
          quote(name));
    }
    if (entry.headerOffset() > directoryStart - LOCAL_BYTES) {
      throw outside(name);
    }
    ByteBuffer header = read(entry.headerOffset(), LOCAL_BYTES);
    int nameBytes = Short.toUnsignedInt(header.getShort(26));
    int extraBytes = Short.toUnsignedInt(header.getShort(28));
    long nameOffset = entry.headerOffset() + LOCAL_BYTES;
    long offset = nameOffset + nameBytes + extraBytes;
    if (offset > directoryStart || entry.size() > directoryStart - offset) {
      throw outside(name);
    }
    String localName = text(read(nameOffset, nameBytes), nameBytes);
    if (header.getInt(0) != LOCAL_SIGNATURE || header.getShort(8) != 0 || !localName.equals(name)) {
      throw new MalformedCheckpointException(
          "the entry %s of its zip archive differs from what its directory says", quote(name));
    }
    return new Span(offset, entry.size());
  }

  private Bounds findDirectory(long fileBytes) throws IOException, MalformedCheckpointException {
    int tailBytes = (int) Math.min(fileBytes, END_BYTES + MAX_COMMENT_BYTES);
    long tailStart = fileBytes - tailBytes;
    ByteBuffer tail = read(tailStart, tailBytes);
    for (int at = tailBytes - END_BYTES; at >= 0; at--) {
      boolean isEnd =
          tail.getInt(at) == END_SIGNATURE
              && Short.toUnsignedInt(tail.getShort(at + 20)) == tailBytes - END_BYTES - at;
      if (isEnd) {
        Bounds bounds =
            new Bounds(
                Integer.toUnsignedLong(tail.getInt(at + 16)),
                Integer.toUnsignedLong(tail.getInt(at + 12)),
                Short.toUnsignedLong(tail.getShort(at + 10)));
        return requireInside(bounds, tailStart + at);
      }
    }
    throw new MalformedCheckpointException(
        "it begins like a zip archive and has no directory at its end: it is cut off, or"
            + " other bytes follow it");
  }

  private Bounds requireInside(Bounds small, long endOffset)
      throws IOException, MalformedCheckpointException {
    Bounds bounds = small;
    long directoryEnd = endOffset;
    long locator = endOffset - LOCATOR_64_BYTES;
    if (locator >= 0 && read(locator, 4).getInt(0) == LOCATOR_64_SIGNATURE) {
      directoryEnd = read(locator, LOCATOR_64_BYTES).getLong(8);
      if (directoryEnd < 0 || directoryEnd != locator - END_64_BYTES) {
        throw wrongDirectory();
      }
      ByteBuffer end = read(directoryEnd, END_64_BYTES);
      if (end.getInt(0) != END_64_SIGNATURE) {
        throw wrongDirectory();
      }
      bounds = new Bounds(end.getLong(48), end.getLong(40), end.getLong(32));
    }
    if (bounds.size() < 0
        || bounds.start() < 0
        || bounds.size() > directoryEnd
        || bounds.start() != directoryEnd - bounds.size()
        || bounds.count() < 0
        || bounds.count() > bounds.size() / ENTRY_BYTES) {
      throw wrongDirectory();
    }
    if (bounds.size() > MAX_DIRECTORY_BYTES) {
      throw new MalformedCheckpointException(
          "the directory of its zip archive has %s bytes and at most %s are read",
          bounds.size(), MAX_DIRECTORY_BYTES);
    }
    return bounds;
  }

  private void readEntry(ByteBuffer directory) throws MalformedCheckpointException {
    int at = directory.position();
    if (directory.remaining() < ENTRY_BYTES || directory.getInt(at) != ENTRY_SIGNATURE) {
      throw wrongDirectory();
    }
    int nameBytes = Short.toUnsignedInt(directory.getShort(at + 28));
    int extraBytes = Short.toUnsignedInt(directory.getShort(at + 30));
    int commentBytes = Short.toUnsignedInt(directory.getShort(at + 32));
    if (directory.remaining() - ENTRY_BYTES < nameBytes + extraBytes + commentBytes) {
      throw wrongDirectory();
    }
    directory.position(at + ENTRY_BYTES);
    String name = text(directory, nameBytes);
    ByteBuffer extra = zip64(directory.slice(directory.position(), extraBytes));
    long size = wide(directory.getInt(at + 24), extra);
    long packed = wide(directory.getInt(at + 20), extra);
    long headerOffset = wide(directory.getInt(at + 42), extra);
    directory.position(at + ENTRY_BYTES + nameBytes + extraBytes + commentBytes);
    int flags = Short.toUnsignedInt(directory.getShort(at + 8));
    int method = Short.toUnsignedInt(directory.getShort(at + 10));
    if (size < 0 || packed < 0 || headerOffset < 0) {
      throw outside(name);
    }
    if (entries.put(name, new Entry(flags, method, packed, size, headerOffset)) != null) {
      throw new MalformedCheckpointException("its zip archive has %s twice", quote(name));
    }
  }

  /** Returns the 64-bit numbers in an entry's extra fields. Numbers that fit 32 bits are absent. */
  private static ByteBuffer zip64(ByteBuffer extra) {
    extra.order(ByteOrder.LITTLE_ENDIAN);
    while (extra.remaining() >= 4) {
      int id = Short.toUnsignedInt(extra.getShort());
      int length = Math.min(Short.toUnsignedInt(extra.getShort()), extra.remaining());
      if (id == 1) {
        return extra.slice(extra.position(), length).order(ByteOrder.LITTLE_ENDIAN);
      }
      extra.position(extra.position() + length);
    }
    return ByteBuffer.allocate(0);
  }

  private static long wide(int narrow, ByteBuffer zip64) throws MalformedCheckpointException {
    long value = Integer.toUnsignedLong(narrow);
    if (value != IN_ZIP64) {
      return value;
    }
    if (zip64.remaining() < Long.BYTES) {
      throw wrongDirectory();
    }
    return zip64.getLong();
  }

  private ByteBuffer read(long offset, int bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(bytes);
    TensorReads.readFully(channel, offset, buffer);
    return buffer.flip();
  }

  private static String text(ByteBuffer buffer, int bytes) {
    byte[] utf8 = new byte[bytes];
    buffer.get(utf8);
    return new String(utf8, StandardCharsets.UTF_8);
  }

  private static MalformedCheckpointException wrongDirectory() {
    return new MalformedCheckpointException(
        "the directory of its zip archive is damaged or not where the file's end says");
  }

  private static MalformedCheckpointException outside(String name) {
    return new MalformedCheckpointException(
        "the entry %s of its zip archive lies outside the file", quote(name));
  }
}
