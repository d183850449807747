package io.graft.features;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Rows in memory that become one shard, with their checksums and their images' digests. */
final class ShardBuffer {

  static final String FEATURES = "features";

  /** What the index of a shard takes for a row: its CRC-32C and the SHA-256 of its image. */
  static final int INDEX_BYTES = Integer.BYTES + DigestIndex.DIGEST_BYTES;

  private final int rowBytes;
  private final ByteBuffer features;
  private final int[] checksums;
  private final ByteBuffer images;
  private int size;

  /** Room for {@code rows} rows. */
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
   * Adds the row at the position of {@code row}, which moves behind it.
   *
   * @param digests holds the digest of the row's image at {@code position}
   */
  void add(DigestIndex digests, int position, ByteBuffer row) {
    digests.get(position, images);
    ByteBuffer destination = features.slice(size * rowBytes, rowBytes);
    destination.put(0, row, row.position(), rowBytes);
    row.position(row.position() + rowBytes);
    checksums[size++] = Shard.checksum(destination);
  }

  /** Makes room for other rows. */
  void clear() {
    size = 0;
    images.clear();
  }

  /** The rows, end to end. */
  ByteBuffer features() {
    return features.slice(0, size * rowBytes);
  }

  /** The checksums, little-endian, and behind them the digests. */
  ByteBuffer index() {
    ByteBuffer index = ByteBuffer.allocate(size * INDEX_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    index.asIntBuffer().put(checksums, 0, size);
    index.put(size * Integer.BYTES, images, 0, size * DigestIndex.DIGEST_BYTES);
    return index;
  }
}
