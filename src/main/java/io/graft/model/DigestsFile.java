package io.graft.model;

import io.graft.features.ContentDigests;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * Writes and reads the file of the digests of a model's training images: 8 bytes {@code GRAFTDIG},
 * the version and the bytes per digest as uint32, the number of digests as uint64, the digests in
 * ascending order, and the CRC-32C of all bytes before it as uint32. Numbers are little-endian.
 */
final class DigestsFile {

  private static final byte[] MAGIC = "GRAFTDIG".getBytes(StandardCharsets.US_ASCII);
  private static final int VERSION = 1;
  private static final int HEADER_BYTES = MAGIC.length + 2 * Integer.BYTES + Long.BYTES;

  private DigestsFile() {}

  static void write(Path file, ContentDigests digests) throws IOException {
    byte[] content = digests.bytes();
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.addExact(content.length, HEADER_BYTES + Integer.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN)
            .put(MAGIC)
            .putInt(VERSION)
            .putInt(ContentDigests.DIGEST_BYTES)
            .putLong(digests.size())
            .put(content);
    bytes.putInt(crc(bytes.array(), bytes.position()));
    Files.write(file, bytes.array());
  }

  /**
   * Reads a file written by {@link #write}.
   *
   * @throws IllegalArgumentException if the file is something else or is damaged; the message says
   *     how, without the file's name
   */
  static ContentDigests read(Path file) throws IOException {
    byte[] content = Files.readAllBytes(file);
    if (content.length < HEADER_BYTES + Integer.BYTES
        || !Arrays.equals(content, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw new IllegalArgumentException("it is no list of digests");
    }
    ByteBuffer bytes = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    int version = bytes.getInt(MAGIC.length);
    int digestBytes = bytes.getInt(MAGIC.length + Integer.BYTES);
    if (version != VERSION || digestBytes != ContentDigests.DIGEST_BYTES) {
      throw new IllegalArgumentException(
          "it has version %s with %s bytes per digest, expected version %s with %s bytes"
              .formatted(version, digestBytes, VERSION, ContentDigests.DIGEST_BYTES));
    }
    int end = content.length - Integer.BYTES;
    long count = bytes.getLong(HEADER_BYTES - Long.BYTES);
    if (count < 0 || count != (end - HEADER_BYTES) / (double) digestBytes) {
      throw new IllegalArgumentException(
          "it has %s bytes, which is not the size of %s digests"
              .formatted(content.length, Long.toUnsignedString(count)));
    }
    if (bytes.getInt(end) != crc(content, end)) {
      throw new IllegalArgumentException("its content does not match its CRC-32C");
    }
    return ContentDigests.ofSorted(Arrays.copyOfRange(content, HEADER_BYTES, end));
  }

  private static int crc(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return (int) crc.getValue();
  }
}
