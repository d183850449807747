package io.graft.tensors;

import static io.graft.tensors.MalformedCheckpointException.quote;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The header of an untrusted safetensors file, parsed and checked.
 *
 * <p>A file begins with the length of the header, an unsigned 64-bit little-endian number. The
 * header follows as UTF-8 JSON, padded with spaces. The bytes of the tensors follow without gaps.
 *
 * @param metadata the values of {@code __metadata__} by key
 * @param tensors the tensors by name, in the order of their bytes in the file
 * @param offsets the position at which each tensor begins, in bytes after the header
 * @see <a href="https://github.com/huggingface/safetensors#format">The safetensors format</a>
 */
record SafetensorsHeader(
    Map<String, String> metadata, Map<String, TensorInfo> tensors, Map<String, Long> offsets) {

  /** The longest header that is read, in bytes. */
  static final int MAX_BYTES = 16 << 20;

  static final String METADATA = "__metadata__";

  private static final int MAX_DIMENSIONS = 32;

  /** Makes the maps unmodifiable. */
  SafetensorsHeader {
    metadata = Collections.unmodifiableMap(metadata);
    tensors = Collections.unmodifiableMap(tensors);
  }

  /** Returns the offset of a tensor in bytes after the header. */
  long offset(String name) {
    return offsets.get(name);
  }

  /**
   * Parses the JSON of a header and checks that the tensors cover the file's data exactly.
   *
   * @param json the header's bytes without its length field
   * @param dataBytes the number of bytes after the header
   * @throws MalformedCheckpointException if anything violates the format
   */
  static SafetensorsHeader parse(ByteBuffer json, long dataBytes)
      throws MalformedCheckpointException {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(json).toString();
    } catch (CharacterCodingException e) {
      throw new MalformedCheckpointException("its header is not UTF-8");
    }
    Map<String, String> metadata = new LinkedHashMap<>();
    List<Span> spans = new ArrayList<>();
    JsonReader reader = new JsonReader(new StringReader(text));
    reader.setStrictness(Strictness.STRICT);
    try {
      Map<String, Boolean> seen = new LinkedHashMap<>();
      reader.beginObject();
      while (reader.hasNext()) {
        String name = reader.nextName();
        if (seen.put(name, true) != null) {
          throw new MalformedCheckpointException("its header names %s twice", quote(name));
        }
        if (name.equals(METADATA)) {
          readMetadata(reader, metadata);
        } else {
          spans.add(readTensor(reader, name));
        }
        if (spans.size() > TensorReads.MAX_TENSORS) {
          throw new MalformedCheckpointException(
              "it holds more than %s tensors", TensorReads.MAX_TENSORS);
        }
      }
      reader.endObject();
      if (reader.peek() != JsonToken.END_DOCUMENT) {
        throw new MalformedCheckpointException("its header continues after the closing brace");
      }
    } catch (MalformedCheckpointException e) {
      throw e;
    } catch (MalformedJsonException e) {
      // Gson's message advises programmers, so it is left out here. Below, only its first line is
      // kept.
      throw new MalformedCheckpointException("its header is not JSON, at %s", reader.getPath());
    } catch (IOException | IllegalStateException | NumberFormatException e) {
      throw new MalformedCheckpointException(
          "its header is not of the safetensors form: %s",
          String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
    }
    return cover(metadata, spans, dataBytes);
  }

  private static void readMetadata(JsonReader reader, Map<String, String> metadata)
      throws IOException, MalformedCheckpointException {
    reader.beginObject();
    while (reader.hasNext()) {
      String key = reader.nextName();
      if (reader.peek() != JsonToken.STRING) {
        throw new MalformedCheckpointException("its metadata %s is not a text", quote(key));
      }
      if (metadata.put(key, reader.nextString()) != null) {
        throw new MalformedCheckpointException("its metadata names %s twice", quote(key));
      }
    }
    reader.endObject();
  }

  private static Span readTensor(JsonReader reader, String name)
      throws IOException, MalformedCheckpointException {
    TensorType type = null;
    List<Long> shape = null;
    List<Long> offsets = null;
    reader.beginObject();
    while (reader.hasNext()) {
      String key = reader.nextName();
      if (key.equals("dtype") && type == null) {
        String dtype = reader.nextString();
        try {
          type = TensorType.valueOf(dtype);
        } catch (IllegalArgumentException e) {
          throw new MalformedCheckpointException(
              "tensor %s has the unknown dtype %s", quote(name), quote(dtype));
        }
      } else if (key.equals("shape") && shape == null) {
        shape = readLongs(reader, name);
      } else if (key.equals("data_offsets") && offsets == null) {
        offsets = readLongs(reader, name);
      } else {
        throw new MalformedCheckpointException(
            "tensor %s has %s twice or where it does not belong", quote(name), quote(key));
      }
    }
    reader.endObject();
    if (type == null || shape == null || offsets == null || offsets.size() != 2) {
      throw new MalformedCheckpointException(
          "tensor %s lacks dtype, shape or two data_offsets", quote(name));
    }
    TensorInfo info = new TensorInfo(name, type, shape);
    long bytes;
    try {
      bytes = info.byteCount();
    } catch (ArithmeticException e) {
      throw new MalformedCheckpointException(
          "tensor %s has more than 2^63 bytes, or elements that end inside a byte", quote(name));
    }
    if (offsets.get(1) < offsets.get(0) || offsets.get(1) - offsets.get(0) != bytes) {
      throw new MalformedCheckpointException(
          "tensor %s of shape %s needs %s bytes and its data_offsets are %s",
          quote(name), shape, bytes, offsets);
    }
    return new Span(info, offsets.get(0));
  }

  private static List<Long> readLongs(JsonReader reader, String name)
      throws IOException, MalformedCheckpointException {
    List<Long> values = new ArrayList<>();
    reader.beginArray();
    while (reader.hasNext()) {
      String digits = reader.peek() == JsonToken.NUMBER ? reader.nextString() : "";
      if (digits.isEmpty()
          || digits.length() > 19
          || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
        throw new MalformedCheckpointException(
            "tensor %s has a number that is not a whole number from 0 to 2^63 - 1", quote(name));
      }
      values.add(Long.parseLong(digits));
      if (values.size() > MAX_DIMENSIONS) {
        throw new MalformedCheckpointException(
            "tensor %s has more than %s dimensions", quote(name), MAX_DIMENSIONS);
      }
    }
    reader.endArray();
    return values;
  }

  private static SafetensorsHeader cover(
      Map<String, String> metadata, List<Span> spans, long dataBytes)
      throws MalformedCheckpointException {
    spans.sort(
        Comparator.comparingLong(Span::offset).thenComparingLong(span -> span.info().byteCount()));
    Map<String, TensorInfo> tensors = new LinkedHashMap<>();
    Map<String, Long> offsets = new LinkedHashMap<>();
    long end = 0;
    for (Span span : spans) {
      if (span.offset() != end) {
        throw new MalformedCheckpointException(
            "tensor %s begins at byte %s of the data where %s is expected: tensors overlap or leave"
                + " a hole",
            quote(span.info().name()), span.offset(), end);
      }
      end += span.info().byteCount();
      if (end > dataBytes) {
        throw new MalformedCheckpointException(
            "tensor %s ends at byte %s of the data and the file has only %s: it is cut off",
            quote(span.info().name()), end, dataBytes);
      }
      tensors.put(span.info().name(), span.info());
      offsets.put(span.info().name(), span.offset());
    }
    if (end != dataBytes) {
      throw new MalformedCheckpointException(
          "%s bytes after the last tensor belong to no tensor", dataBytes - end);
    }
    return new SafetensorsHeader(metadata, tensors, offsets);
  }

  private record Span(TensorInfo info, long offset) {}
}
