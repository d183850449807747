package io.graft.tensors;

import com.google.gson.stream.JsonWriter;
import io.graft.runtime.OutputException;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;

/**
 * Writes a safetensors file in bounded memory. Reserves space for the header and writes it last, so
 * the number of rows need not be known at the start.
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
   * @param largestMetadata the metadata, at least as long as that for {@link #finish}
   * @param largestTensors the tensors, with at least as many digits in their shapes as for {@link
   *     #finish}
   * @throws OutputException if the header would be longer than 16 MiB
   */
  public static SafetensorsWriter create(
      Path file, Map<String, String> largestMetadata, List<TensorInfo> largestTensors)
      throws IOException {
    int reserved = encode(largestMetadata, largestTensors, 0).length;
    FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
    channel.position(reserved);
    return new SafetensorsWriter(channel, reserved);
  }

  /** Writes a file with tensors that are in memory. */
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
   * Writes the header into the reserved space.
   *
   * @param tensors the tensors, in the order in which their bytes were appended
   * @throws IllegalStateException if the tensors do not match the bytes that were appended
   */
  public void finish(Map<String, String> metadata, List<TensorInfo> tensors) throws IOException {
    long expected = tensors.stream().mapToLong(TensorInfo::byteCount).sum();
    byte[] header = encode(metadata, tensors, reservedBytes - Long.BYTES);
    if (expected != dataBytes || header.length != reservedBytes) {
      throw new IllegalStateException(
          String.format("the header describes %s bytes and %s were written", expected, dataBytes));
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

  /**
   * Encodes the header of tensors whose bytes follow each other in the given order.
   *
   * @param minimumBytes the length to which the JSON is padded with spaces, to reserve room
   * @return the length field and the JSON, together a multiple of 8 bytes long
   */
  private static byte[] encode(
      Map<String, String> metadata, List<TensorInfo> tensors, int minimumBytes) {
    StringWriter text = new StringWriter();
    try (JsonWriter json = new JsonWriter(text)) {
      json.beginObject();
      if (!metadata.isEmpty()) {
        json.name(SafetensorsHeader.METADATA).beginObject();
        for (Map.Entry<String, String> entry : metadata.entrySet()) {
          json.name(entry.getKey()).value(entry.getValue());
        }
        json.endObject();
      }
      long offset = 0;
      for (TensorInfo tensor : tensors) {
        json.name(tensor.name()).beginObject();
        json.name("dtype").value(tensor.type().name());
        json.name("shape").beginArray();
        for (long dimension : tensor.shape()) {
          json.value(dimension);
        }
        json.endArray();
        json.name("data_offsets").beginArray().value(offset);
        offset = Math.addExact(offset, tensor.byteCount());
        json.value(offset).endArray();
        json.endObject();
      }
      json.endObject();
    } catch (IOException e) {
      throw new IllegalStateException("Writing to memory failed", e);
    }
    byte[] utf8 = text.toString().getBytes(StandardCharsets.UTF_8);
    int padded = Math.addExact(Math.max(utf8.length, minimumBytes), 7) & ~7;
    if (padded > SafetensorsHeader.MAX_BYTES) {
      throw new OutputException(
          String.format(
              "The names and paths of this many images take %s bytes in a safetensors header, and"
                  + " at most %s are expected there. Extract the images in several parts.",
              padded, SafetensorsHeader.MAX_BYTES));
    }
    ByteBuffer encoded = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN);
    encoded.putLong(padded).put(utf8);
    while (encoded.hasRemaining()) {
      encoded.put((byte) ' ');
    }
    return encoded.array();
  }
}
