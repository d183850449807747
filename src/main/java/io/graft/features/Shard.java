package io.graft.features;

import io.graft.runtime.DurableFiles;
import io.graft.runtime.WeightsException;
import io.graft.tensors.SafetensorsFile;
import io.graft.tensors.SafetensorsWriter;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * One file of rows, written once and never changed: tensors {@code crc32c} U32 (n), {@code images}
 * U8 (n, 32) with the SHA-256 of each row's image file, and {@code features} (n, ...), and as its
 * metadata the key's fields and {@code index_crc32c} over the first two tensors. The rows are
 * mapped, and each is held against its checksum when it is first read. Safe for use by several
 * threads at once.
 */
final class Shard {

  static final String SUFFIX = ".safetensors";

  private static final String CHECKSUMS = "crc32c";
  private static final String IMAGES = "images";
  private static final String INDEX_CHECKSUM = "index_crc32c";

  private final Path path;
  private final StoreKey key;
  private final ByteBuffer features;
  private final ByteBuffer images;
  private final int[] checksums;

  /** Rows found right; written by any thread, always with the same value. */
  private final boolean[] verified;

  /** A row that was asked for: its place among what was asked for and its place in the shard. */
  @FunctionalInterface
  interface Found {
    void row(int position, int row);
  }

  private Shard(SafetensorsFile file, StoreKey key, int[] checksums) {
    this.path = file.path();
    this.key = key;
    this.features = file.map(ShardBuffer.FEATURES);
    this.images = file.map(IMAGES).order(ByteOrder.BIG_ENDIAN);
    this.checksums = checksums;
    this.verified = new boolean[checksums.length];
  }

  /**
   * Opens a shard and looks for rows.
   *
   * @param found told of each of its rows whose image is among {@code wanted}
   * @throws DamagedShardException if it is not as it was written
   * @throws IOException if it cannot be read, {@code NoSuchFileException} if it is gone
   */
  static Shard open(Path path, StoreKey key, DigestIndex wanted, Found found)
      throws DamagedShardException, IOException {
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      int rows = requireForm(file, key);
      ByteBuffer index = ByteBuffer.allocate(rows * ShardBuffer.INDEX_BYTES);
      file.read(CHECKSUMS, 0, index.slice(0, rows * Integer.BYTES));
      file.read(IMAGES, 0, index.slice(rows * Integer.BYTES, rows * DigestIndex.DIGEST_BYTES));
      String expected = file.metadata().get(INDEX_CHECKSUM);
      if (!hex(checksum(index)).equals(expected)) {
        throw new DamagedShardException(
            path, "its index has the checksum " + hex(checksum(index)) + ", expected " + expected);
      }
      int[] checksums = new int[rows];
      index.duplicate().order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(checksums);
      Shard shard = new Shard(file, key, checksums);
      for (int row = 0; row < rows; row++) {
        int position = wanted.find(index, rows * Integer.BYTES + row * DigestIndex.DIGEST_BYTES);
        if (position >= 0) {
          found.row(position, row);
        }
      }
      return shard;
    } catch (WeightsException e) {
      if (e.getCause() instanceof IOException cause) {
        throw cause;
      }
      throw new DamagedShardException(path, e.getMessage());
    }
  }

  private static int requireForm(SafetensorsFile file, StoreKey key) throws DamagedShardException {
    Map<String, String> metadata = new LinkedHashMap<>(file.metadata());
    metadata.remove(INDEX_CHECKSUM);
    TensorInfo features = file.tensors().get(ShardBuffer.FEATURES);
    if (features == null || features.shape().isEmpty() || !metadata.equals(key.fields())) {
      throw new DamagedShardException(file.path(), "it holds rows of another key");
    }
    long rows = features.shape().get(0);
    if (rows < 1 || rows > Integer.MAX_VALUE / ShardBuffer.INDEX_BYTES) {
      throw new DamagedShardException(file.path(), "it has " + rows + " rows");
    }
    for (TensorInfo expected : tensors(key, rows)) {
      if (!expected.equals(file.tensors().get(expected.name()))) {
        throw new DamagedShardException(
            file.path(),
            "received " + file.tensors().get(expected.name()) + ", expected " + expected);
      }
    }
    return (int) rows;
  }

  /** Writes a shard, durably and whole or not at all. */
  static void write(Path path, StoreKey key, ShardBuffer rows) {
    ByteBuffer index = rows.index();
    Map<String, String> metadata = new LinkedHashMap<>(key.fields());
    metadata.put(INDEX_CHECKSUM, hex(checksum(index)));
    int checksumBytes = rows.size() * Integer.BYTES;
    Map<TensorInfo, ByteBuffer> content = new LinkedHashMap<>();
    List<TensorInfo> tensors = tensors(key, rows.size());
    content.put(tensors.get(0), index.slice(0, checksumBytes));
    content.put(tensors.get(1), index.slice(checksumBytes, index.limit() - checksumBytes));
    content.put(tensors.get(2), rows.features());
    DurableFiles.writeFile(
        path, temporary -> SafetensorsWriter.write(temporary, metadata, content));
  }

  private static List<TensorInfo> tensors(StoreKey key, long rows) {
    List<Long> shape = new ArrayList<>(List.of(rows));
    shape.addAll(key.rowShape());
    return List.of(
        new TensorInfo(CHECKSUMS, TensorType.U32, List.of(rows)),
        new TensorInfo(IMAGES, TensorType.U8, List.of(rows, (long) DigestIndex.DIGEST_BYTES)),
        new TensorInfo(ShardBuffer.FEATURES, key.type(), shape));
  }

  /** The file. */
  Path path() {
    return path;
  }

  /** How many rows it holds. */
  int rows() {
    return checksums.length;
  }

  /** Adds the digest of a row's image to a set; returns its position there. */
  int addImage(int row, DigestIndex digests) {
    return digests.add(images, row * DigestIndex.DIGEST_BYTES);
  }

  /**
   * Reads one row.
   *
   * @param destination receives the row at its position, which moves only if the row is right
   * @return whether the row is as it was written
   */
  boolean read(int row, ByteBuffer destination) {
    int at = destination.position();
    int bytes = key.rowBytes();
    try {
      destination.put(at, features, row * bytes, bytes);
    } catch (InternalError e) {
      // What the Java virtual machine makes of a mapped page that the disk cannot give.
      return false;
    }
    if (!verified[row]) {
      // The copy is checked, not the map: it is in the processor's cache, and it is what is used.
      if (checksum(destination.slice(at, bytes)) != checksums[row]) {
        return false;
      }
      verified[row] = true;
    }
    destination.position(at + bytes);
    return true;
  }

  /** The CRC-32C (RFC 3720, appendix B.4) of all bytes of a buffer, whatever its position. */
  static int checksum(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.duplicate().rewind());
    return (int) crc.getValue();
  }

  private static String hex(int checksum) {
    return HexFormat.of().toHexDigits(checksum);
  }
}
