package io.graft.tensors;

import io.graft.runtime.WeightsException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * An open safetensors file. Opening it checks the header, and checks that the tensors cover the
 * file exactly. Several threads may use it at once.
 *
 * @see <a href="https://github.com/huggingface/safetensors#format">The safetensors format</a>
 */
public final class SafetensorsFile implements TensorSource {

  private static final String KIND = "safetensors file";
  private static final int LENGTH_BYTES = 8;

  private final Path path;
  private final FileChannel channel;
  private final SafetensorsHeader header;
  private final long dataStart;

  private SafetensorsFile(Path path, FileChannel channel, SafetensorsHeader header, long start) {
    this.path = path;
    this.channel = channel;
    this.header = header;
    this.dataStart = start;
  }

  /**
   * Opens a file.
   *
   * @throws WeightsException if the file cannot be read or is not a whole safetensors file
   */
  public static SafetensorsFile open(Path path) {
    return TensorReads.open(
        path,
        KIND,
        "a whole file as the safetensors library writes it; copy or convert it again",
        channel -> parse(path, channel));
  }

  private static SafetensorsFile parse(Path path, FileChannel channel)
      throws IOException, MalformedCheckpointException {
    long size = channel.size();
    if (size < LENGTH_BYTES) {
      throw new MalformedCheckpointException(
          "it has %s bytes and the smallest such file has 10", size);
    }
    ByteBuffer length = ByteBuffer.allocate(LENGTH_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    TensorReads.readFully(channel, 0, length);
    long headerBytes = length.flip().getLong();
    if (headerBytes < 2 || headerBytes > size - LENGTH_BYTES) {
      throw new MalformedCheckpointException(
          "its first 8 bytes claim a header of %s bytes and %s follow",
          Long.toUnsignedString(headerBytes), size - LENGTH_BYTES);
    }
    if (headerBytes > SafetensorsHeader.MAX_BYTES) {
      throw new MalformedCheckpointException(
          "its header has %s bytes and at most %s are read",
          headerBytes, SafetensorsHeader.MAX_BYTES);
    }
    ByteBuffer json = ByteBuffer.allocate((int) headerBytes);
    TensorReads.readFully(channel, LENGTH_BYTES, json);
    long dataStart = LENGTH_BYTES + headerBytes;
    SafetensorsHeader header = SafetensorsHeader.parse(json.flip(), size - dataStart);
    return new SafetensorsFile(path, channel, header, dataStart);
  }

  /** Returns the path of the file. */
  public Path path() {
    return path;
  }

  /** Returns the texts of {@code __metadata__} by key. */
  public Map<String, String> metadata() {
    return header.metadata();
  }

  @Override
  public Map<String, TensorInfo> tensors() {
    return header.tensors();
  }

  @Override
  public Optional<String> version() {
    return TensorReads.version(path);
  }

  @Override
  public String description() {
    return path.toString();
  }

  /**
   * Reads bytes of one tensor without conversion, as many as the buffer takes.
   *
   * @param byteOffset the index of the first byte to read, from 0
   * @param destination the buffer to fill from its position to its limit
   * @throws WeightsException if the tensor does not hold that many bytes or the file cannot be read
   */
  public void read(String name, long byteOffset, ByteBuffer destination) {
    TensorInfo info = TensorReads.require(tensors(), name, path);
    TensorReads.requireRange(info, info.byteCount(), "byte", byteOffset, destination, 1, path);
    try {
      TensorReads.readFully(channel, dataStart + header.offset(name) + byteOffset, destination);
    } catch (IOException e) {
      throw TensorReads.cannotRead(path, KIND, e);
    }
  }

  /**
   * Maps the bytes of one tensor into memory. The map stays valid after this object is closed and
   * after the file is removed. Garbage collection frees the map.
   *
   * @return a read-only, little-endian buffer with the bytes as they are in the file
   * @throws WeightsException if there is no such tensor, it has 2 GiB or more, or the file cannot
   *     be mapped
   */
  public ByteBuffer map(String name) {
    TensorInfo info = TensorReads.require(tensors(), name, path);
    if (info.byteCount() > Integer.MAX_VALUE) {
      throw new WeightsException(
          String.format(
              "Tensor '%s' of %s has %s bytes; at most %s can be mapped at once.",
              name, path, info.byteCount(), Integer.MAX_VALUE));
    }
    try {
      return channel
          .map(FileChannel.MapMode.READ_ONLY, dataStart + header.offset(name), info.byteCount())
          .order(ByteOrder.LITTLE_ENDIAN);
    } catch (IOException e) {
      throw TensorReads.cannotRead(path, KIND, e);
    }
  }

  @Override
  public void readFloat32(String name, long firstElement, ByteBuffer destination) {
    TensorInfo info = TensorReads.requireFloats(tensors(), name, firstElement, destination, path);
    long start = dataStart + header.offset(name);
    try {
      TensorReads.readFloat32(
          info.type(),
          firstElement,
          destination,
          (offset, raw) -> TensorReads.readFully(channel, start + offset, raw));
    } catch (IOException e) {
      throw TensorReads.cannotRead(path, KIND, e);
    }
  }

  @Override
  public void close() {
    TensorReads.closeQuietly(channel);
  }
}
