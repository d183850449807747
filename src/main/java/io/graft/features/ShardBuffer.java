package io.graft.features;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/** The rows of a new shard in memory, with their checksums and the digests of their images. */
final class ShardBuffer {

  static final String FEATURES = "features";

  /** The size of a row in the index of a shard: its CRC-32C and the SHA-256 of its image. */
  static final int INDEX_BYTES = Integer.BYTES + DigestIndex.DIGEST_BYTES;

  private final int rowBytes;
  private final ByteBuffer features;
  private final int[] checksums;
  private final ByteBuffer images;
  private int size;

  /** Creates an empty buffer with room for {@code rows} rows. */
  ShardBuffer(int rowBytes, int rows) {
    this.rowBytes = rowBytes;
    this.features = ByteBuffer.allocateDirect(Math.multiplyExact(rowBytes, rows));
    this.checksums = new int[rows];
    this.images = ByteBuffer.allocate(rows * DigestIndex.DIGEST_BYTES);
  }

  int size() {
    return size;
  }

  boolean isFull() {
    return size == checksums.length;
  }

  /**
   * Adds the row at the position of {@code row}, and moves the position after it.
   *
   * @param digests the set that has the digest of the row's image at {@code position}
   */
  void add(DigestIndex digests, int position, ByteBuffer row) {
    digests.get(position, images);
    ByteBuffer destination = features.slice(size * rowBytes, rowBytes);
    destination.put(0, row, row.position(), rowBytes);
    row.position(row.position() + rowBytes);
    checksums[size++] = checksum(destination);
  }

  /** Removes all rows. */
  void clear() {
    size = 0;
    images.clear();
  }

  /** Returns the rows, end to end. */
  ByteBuffer features() {
    return features.slice(0, size * rowBytes);
  }

  /** Returns the checksums, little-endian, followed by the digests. */
  ByteBuffer index() {
    ByteBuffer index = ByteBuffer.allocate(size * INDEX_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    index.asIntBuffer().put(checksums, 0, size);
    index.put(size * Integer.BYTES, images, 0, size * DigestIndex.DIGEST_BYTES);
    return index;
  }

  /** Returns the CRC-32C (RFC 3720, appendix B.4) of all bytes of a buffer. */
  static int checksum(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.duplicate().rewind());
    return (int) crc.getValue();
  }
}
