package io.graft.weights;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * The header of a safetensors file: which tensors it holds and where their bytes are.
 *
 * <p>A file is an unsigned 64-bit little-endian header length, that many bytes of UTF-8 JSON (space
 * padded), then the tensors' bytes, end to end without a hole.
 *
 * @see <a href="https://github.com/huggingface/safetensors#format">The safetensors format</a>
 */
final class SafetensorsHeader {

  /** The longest header that is read, in bytes. */
  static final int MAX_HEADER_BYTES = 16 << 20;

  /** The most tensors that are read from one file. */
  static final int MAX_TENSORS = 10_000;

  static final String METADATA = "__metadata__";

  private final Map<String, String> metadata;
  private final Map<String, TensorInfo> tensors;
  private final Map<String, Long> offsets;

  SafetensorsHeader(
      Map<String, String> metadata, Map<String, TensorInfo> tensors, Map<String, Long> offsets) {
    this.metadata = Collections.unmodifiableMap(metadata);
    this.tensors = Collections.unmodifiableMap(tensors);
    this.offsets = offsets;
  }

  Map<String, String> metadata() {
    return metadata;
  }

  /** The tensors in the order of their bytes in the file. */
  Map<String, TensorInfo> tensors() {
    return tensors;
  }

  /** Where a tensor begins, in bytes after the header. */
  long offset(String name) {
    return offsets.get(name);
  }

  /**
   * Writes a header for tensors whose bytes follow one another in the order given.
   *
   * @param minimumBytes pads the JSON with spaces up to this length, to reserve room for a later
   *     one
   * @return the length field and the JSON, a multiple of 8 bytes in all
   */
  static byte[] encode(Map<String, String> metadata, List<TensorInfo> tensors, int minimumBytes) {
    StringWriter text = new StringWriter();
    try (JsonWriter json = new JsonWriter(text)) {
      json.beginObject();
      if (!metadata.isEmpty()) {
        json.name(METADATA).beginObject();
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
    if (padded > MAX_HEADER_BYTES) {
      throw new IllegalArgumentException(
          "the names and paths to store take "
              + padded
              + " bytes, a safetensors header holds at most "
              + MAX_HEADER_BYTES);
    }
    ByteBuffer encoded = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN);
    encoded.putLong(padded).put(utf8);
    while (encoded.hasRemaining()) {
      encoded.put((byte) ' ');
    }
    return encoded.array();
  }
}
