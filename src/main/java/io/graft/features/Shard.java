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

/**
 * A file of rows that is written once and never changed. Its tensors are {@code crc32c} U32 (n),
 * {@code images} U8 (n, 32) with the SHA-256 of each row's image file, and {@code features} (n,
 * ...). Its metadata has the key's fields and {@code index_crc32c}, a checksum of the first two
 * tensors. The rows are mapped into memory, and the first read of a row verifies its checksum.
 * Several threads may use a shard at once.
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

  /** Whether each row's checksum was right. Threads may write at once, because all write true. */
  private final boolean[] verified;

  /** Receives a wanted row's position among the wanted digests and its index in the shard. */
  @FunctionalInterface
  interface Found {
    void row(int position, int row);
  }

  /** Thrown if the content of a shard differs from what was written. */
  static final class DamagedException extends Exception {

    private static final long serialVersionUID = 1L;

    private DamagedException(Path shard, String reason) {
      super(shard + ": " + reason);
    }
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
   * Opens a shard and finds the wanted rows in it.
   *
   * @param found the receiver of each row whose image is among {@code wanted}
   * @throws DamagedException if the content differs from what was written
   * @throws IOException if the file cannot be read; a {@code NoSuchFileException} if it no longer
   *     exists
   */
  static Shard open(Path path, StoreKey key, DigestIndex wanted, Found found)
      throws DamagedException, IOException {
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      int rows = requireForm(file, key);
      ByteBuffer index = ByteBuffer.allocate(rows * ShardBuffer.INDEX_BYTES);
      file.read(CHECKSUMS, 0, index.slice(0, rows * Integer.BYTES));
      file.read(IMAGES, 0, index.slice(rows * Integer.BYTES, rows * DigestIndex.DIGEST_BYTES));
      String expected = file.metadata().get(INDEX_CHECKSUM);
      if (!checksum(index).equals(expected)) {
        throw new DamagedException(
            path, "its index has the checksum " + checksum(index) + ", expected " + expected);
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
      throw new DamagedException(path, e.getMessage());
    }
  }

  private static int requireForm(SafetensorsFile file, StoreKey key) throws DamagedException {
    Map<String, String> metadata = new LinkedHashMap<>(file.metadata());
    metadata.remove(INDEX_CHECKSUM);
    TensorInfo features = file.tensors().get(ShardBuffer.FEATURES);
    if (features == null || features.shape().isEmpty() || !metadata.equals(key.fields())) {
      throw new DamagedException(file.path(), "it holds rows of another key");
    }
    long rows = features.shape().get(0);
    if (rows < 1 || rows > Integer.MAX_VALUE / ShardBuffer.INDEX_BYTES) {
      throw new DamagedException(file.path(), "it has " + rows + " rows");
    }
    for (TensorInfo expected : tensors(key, rows)) {
      if (!expected.equals(file.tensors().get(expected.name()))) {
        throw new DamagedException(
            file.path(),
            "received " + file.tensors().get(expected.name()) + ", expected " + expected);
      }
    }
    return (int) rows;
  }

  /** Writes a whole shard durably. If that fails, leaves no file. */
  static void write(Path path, StoreKey key, ShardBuffer rows) {
    ByteBuffer index = rows.index();
    Map<String, String> metadata = new LinkedHashMap<>(key.fields());
    metadata.put(INDEX_CHECKSUM, checksum(index));
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

  Path path() {
    return path;
  }

  /** Returns the number of rows. */
  int rows() {
    return checksums.length;
  }

  /** Adds the digest of a row's image to a set and returns its position there. */
  int addImage(int row, DigestIndex digests) {
    return digests.add(images, row * DigestIndex.DIGEST_BYTES);
  }

  /**
   * Reads one row.
   *
   * @param destination the buffer that receives the row at its position, which moves only if the
   *     checksum is right
   * @return whether the row's checksum is right
   */
  boolean read(int row, ByteBuffer destination) {
    int at = destination.position();
    int bytes = key.rowBytes();
    try {
      destination.put(at, features, row * bytes, bytes);
    } catch (InternalError e) {
      // Java throws this error if a page of a mapped file cannot be read.
      return false;
    }
    if (!verified[row]) {
      // Checks the copy instead of the mapped file, because the copy is used and is in the
      // processor's cache.
      if (ShardBuffer.checksum(destination.slice(at, bytes)) != checksums[row]) {
        return false;
      }
      verified[row] = true;
    }
    destination.position(at + bytes);
    return true;
  }

  private static String checksum(ByteBuffer bytes) {
    return HexFormat.of().toHexDigits(ShardBuffer.checksum(bytes));
  }
}
