package io.graft.torchscript;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;

/**
 * Writes a zip file of uncompressed entries, up to 4 GiB. The data of each entry begins at a
 * multiple of 64 bytes, so that it can be mapped into memory; libtorch's own archives do the same.
 * The file is written from start to end, except that an entry's length and checksum are written
 * when the entry ends.
 *
 * @see <a href="https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT">PKWARE's APPNOTE</a>
 */
final class StoredZip implements Closeable {

  private static final int LOCAL_SIGNATURE = 0x04034b50;
  private static final int CENTRAL_SIGNATURE = 0x02014b50;
  private static final int END_SIGNATURE = 0x06054b50;
  private static final int LOCAL_HEADER = 30;
  private static final int CENTRAL_HEADER = 46;
  private static final int END_RECORD = 22;
  private static final int CHECKSUM_OFFSET = 14;
  private static final int ALIGNMENT = 64;

  /** The version of the zip format, 1.0, which is enough for uncompressed entries. */
  private static final short VERSION = 10;

  /** The flag that says that names are UTF-8. */
  private static final short FLAGS = 0x0800;

  /** 1 January 1980 for every entry, so that equal content gives equal files. */
  private static final short DATE = 0x21;

  /** The tag of the extra field with padding, the same as in libtorch's archives. */
  private static final short PADDING_TAG = 0x4246;

  private static final int PADDING_HEADER = 4;
  private static final long MAX_LENGTH = 0xFFFFFFFFL;

  private record Entry(String name, long header, long length, long checksum) {}

  private final FileChannel file;
  private final List<Entry> entries = new ArrayList<>();
  private final CRC32 checksum = new CRC32();
  private String name;
  private long header;
  private long dataStart;

  private StoredZip(FileChannel file) {
    this.file = file;
  }

  static StoredZip create(Path path) throws IOException {
    return new StoredZip(
        FileChannel.open(
            path,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE));
  }

  /** Begins an entry. The previous entry must have ended. */
  void begin(String entryName) throws IOException {
    byte[] utf8 = entryName.getBytes(StandardCharsets.UTF_8);
    name = entryName;
    header = file.position();
    long unpadded = header + LOCAL_HEADER + utf8.length + PADDING_HEADER;
    int padding = (int) (-unpadded & (ALIGNMENT - 1));
    ByteBuffer local = little(LOCAL_HEADER + utf8.length + PADDING_HEADER + padding);
    local.putInt(LOCAL_SIGNATURE).putShort(VERSION).putShort(FLAGS).putShort((short) 0);
    local.putShort((short) 0).putShort(DATE);
    // Reserves the checksum and the lengths, which are written when the entry ends.
    local.putInt(0).putInt(0).putInt(0);
    local.putShort((short) utf8.length).putShort((short) (PADDING_HEADER + padding)).put(utf8);
    local.putShort(PADDING_TAG).putShort((short) padding);
    put(local.rewind());
    dataStart = file.position();
    checksum.reset();
  }

  /** Adds the bytes from the buffer's position to its limit to the entry. */
  void write(ByteBuffer bytes) throws IOException {
    checksum.update(bytes.duplicate());
    put(bytes);
  }

  /** Ends the entry. */
  void end() throws IOException {
    long end = file.position();
    if (end > MAX_LENGTH) {
      throw new IOException("The archive would exceed 4 GiB, the most that a plain zip file holds");
    }
    Entry entry = new Entry(name, header, end - dataStart, checksum.getValue());
    ByteBuffer sums = checksumAndLengths(little(12), entry);
    file.position(header + CHECKSUM_OFFSET);
    put(sums.rewind());
    file.position(end);
    entries.add(entry);
  }

  /** Writes the directory at the end of the file. Nothing can be added after it. */
  void finish() throws IOException {
    long start = file.position();
    for (Entry entry : entries) {
      byte[] utf8 = entry.name().getBytes(StandardCharsets.UTF_8);
      ByteBuffer central = little(CENTRAL_HEADER + utf8.length);
      central.putInt(CENTRAL_SIGNATURE).putShort(VERSION).putShort(VERSION).putShort(FLAGS);
      central.putShort((short) 0).putShort((short) 0).putShort(DATE);
      checksumAndLengths(central, entry).putShort((short) utf8.length);
      // There is no extra field, comment, second disk or attribute.
      central.putShort((short) 0).putShort((short) 0).putShort((short) 0).putShort((short) 0);
      central.putInt(0).putInt((int) entry.header()).put(utf8);
      put(central.rewind());
    }
    short count = (short) entries.size();
    ByteBuffer end = little(END_RECORD).putInt(END_SIGNATURE).putInt(0);
    end.putShort(count).putShort(count);
    end.putInt((int) (file.position() - start)).putInt((int) start).putShort((short) 0);
    put(end.rewind());
  }

  private static ByteBuffer checksumAndLengths(ByteBuffer to, Entry entry) {
    int length = (int) entry.length();
    return to.putInt((int) entry.checksum()).putInt(length).putInt(length);
  }

  private static ByteBuffer little(int capacity) {
    return ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN);
  }

  private void put(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      file.write(bytes);
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
