package io.graft.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;

/**
 * Writes a safetensors file front to back in bounded memory. Room for the header is reserved first
 * and the header written last, so that the number of rows need not be known beforehand.
 *
 * @see <a href="https://github.com/huggingface/safetensors#format">The safetensors format</a>
 */
public final class SafetensorsWriter implements AutoCloseable {

  private final FileChannel channel;
  private final int reservedBytes;
  private long dataBytes;

  private SafetensorsWriter(FileChannel channel, int reservedBytes) {
    this.channel = channel;
    this.reservedBytes = reservedBytes;
  }

  /**
   * Creates a file.
   *
   * @param largestMetadata metadata at least as long as what {@link #finish} will be given
   * @param largestTensors the tensors with at least as many digits in their shapes
   * @throws IllegalArgumentException if the header would be longer than 16 MiB
   */
  public static SafetensorsWriter create(
      Path file, Map<String, String> largestMetadata, List<TensorInfo> largestTensors)
      throws IOException {
    int reserved = SafetensorsHeader.encode(largestMetadata, largestTensors, 0).length;
    FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
    channel.position(reserved);
    return new SafetensorsWriter(channel, reserved);
  }

  /** Writes tensors that are in memory. */
  public static void write(
      Path file, Map<String, String> metadata, Map<TensorInfo, ByteBuffer> tensors)
      throws IOException {
    List<TensorInfo> infos = List.copyOf(tensors.keySet());
    try (SafetensorsWriter writer = create(file, metadata, infos)) {
      for (TensorInfo info : infos) {
        writer.append(tensors.get(info).duplicate());
      }
      writer.finish(metadata, infos);
    }
  }

  /** Appends the next bytes of the data, little-endian. */
  public void append(ByteBuffer bytes) throws IOException {
    dataBytes += bytes.remaining();
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /**
   * Writes the header over the reserved room.
   *
   * @param tensors in the order in which their bytes were appended
   * @throws IllegalStateException if the tensors are not the bytes that were appended
   */
  public void finish(Map<String, String> metadata, List<TensorInfo> tensors) throws IOException {
    long expected = tensors.stream().mapToLong(TensorInfo::byteCount).sum();
    byte[] header = SafetensorsHeader.encode(metadata, tensors, reservedBytes - Long.BYTES);
    if (expected != dataBytes || header.length != reservedBytes) {
      throw new IllegalStateException(
          "the header tells of " + expected + " bytes and " + dataBytes + " were written");
    }
    ByteBuffer bytes = ByteBuffer.wrap(header);
    while (bytes.hasRemaining()) {
      channel.write(bytes, bytes.position());
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
