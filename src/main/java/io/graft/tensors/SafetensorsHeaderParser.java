package io.graft.tensors;

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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Parses the header of an untrusted safetensors file. */
final class SafetensorsHeaderParser {

  private static final int MAX_DIMENSIONS = 32;

  private SafetensorsHeaderParser() {}

  /**
   * Parses the JSON of a header and checks that the tensors cover the file's data exactly.
   *
   * @param json the header's bytes without its length field
   * @param dataBytes the number of bytes after the header
   * @throws MalformedHeaderException if anything violates the format
   */
  static SafetensorsHeader parse(ByteBuffer json, long dataBytes) throws MalformedHeaderException {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(json).toString();
    } catch (CharacterCodingException e) {
      throw new MalformedHeaderException("its header is not UTF-8");
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
          throw new MalformedHeaderException("its header names " + quote(name) + " twice");
        }
        if (name.equals(SafetensorsHeader.METADATA)) {
          readMetadata(reader, metadata);
        } else {
          spans.add(readTensor(reader, name));
        }
        if (spans.size() > SafetensorsHeader.MAX_TENSORS) {
          throw new MalformedHeaderException(
              "it holds more than " + SafetensorsHeader.MAX_TENSORS + " tensors");
        }
      }
      reader.endObject();
      if (reader.peek() != JsonToken.END_DOCUMENT) {
        throw new MalformedHeaderException("its header goes on after the closing brace");
      }
    } catch (MalformedHeaderException e) {
      throw e;
    } catch (MalformedJsonException e) {
      // Gson's message is advice to programmers.
      throw new MalformedHeaderException("its header is not JSON, at " + reader.getPath());
    } catch (IOException | IllegalStateException | NumberFormatException e) {
      throw new MalformedHeaderException(
          "its header is not of the safetensors form: " + firstLine(e));
    }
    return cover(metadata, spans, dataBytes);
  }

  private static void readMetadata(JsonReader reader, Map<String, String> metadata)
      throws IOException, MalformedHeaderException {
    reader.beginObject();
    while (reader.hasNext()) {
      String key = reader.nextName();
      if (reader.peek() != JsonToken.STRING) {
        throw new MalformedHeaderException("its metadata " + quote(key) + " is not a text");
      }
      if (metadata.put(key, reader.nextString()) != null) {
        throw new MalformedHeaderException("its metadata names " + quote(key) + " twice");
      }
    }
    reader.endObject();
  }

  private static Span readTensor(JsonReader reader, String name)
      throws IOException, MalformedHeaderException {
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
          throw new MalformedHeaderException(
              "tensor " + quote(name) + " has the unknown dtype " + quote(dtype));
        }
      } else if (key.equals("shape") && shape == null) {
        shape = readLongs(reader, name);
      } else if (key.equals("data_offsets") && offsets == null) {
        offsets = readLongs(reader, name);
      } else {
        throw new MalformedHeaderException(
            "tensor " + quote(name) + " has " + quote(key) + " twice or where it does not belong");
      }
    }
    reader.endObject();
    if (type == null || shape == null || offsets == null || offsets.size() != 2) {
      throw new MalformedHeaderException(
          "tensor " + quote(name) + " lacks dtype, shape or two data_offsets");
    }
    TensorInfo info = new TensorInfo(name, type, shape);
    long bytes;
    try {
      bytes = info.byteCount();
    } catch (ArithmeticException e) {
      throw new MalformedHeaderException(
          "tensor "
              + quote(name)
              + " has more than 2^63 bytes, or elements that end inside a byte");
    }
    if (offsets.get(1) < offsets.get(0) || offsets.get(1) - offsets.get(0) != bytes) {
      throw new MalformedHeaderException(
          "tensor "
              + quote(name)
              + " of shape "
              + shape
              + " needs "
              + bytes
              + " bytes and its data_offsets are "
              + offsets);
    }
    return new Span(info, offsets.get(0));
  }

  private static List<Long> readLongs(JsonReader reader, String name)
      throws IOException, MalformedHeaderException {
    List<Long> values = new ArrayList<>();
    reader.beginArray();
    while (reader.hasNext()) {
      String digits = reader.peek() == JsonToken.NUMBER ? reader.nextString() : "";
      if (digits.isEmpty()
          || digits.length() > 19
          || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
        throw new MalformedHeaderException(
            "tensor " + quote(name) + " has a number that is not a whole one from 0 to 2^63 - 1");
      }
      values.add(Long.parseLong(digits));
      if (values.size() > MAX_DIMENSIONS) {
        throw new MalformedHeaderException(
            "tensor " + quote(name) + " has more than " + MAX_DIMENSIONS + " dimensions");
      }
    }
    reader.endArray();
    return values;
  }

  private static SafetensorsHeader cover(
      Map<String, String> metadata, List<Span> spans, long dataBytes)
      throws MalformedHeaderException {
    List<Span> ordered = new ArrayList<>(spans);
    ordered.sort(
        (a, b) -> {
          int byOffset = Long.compare(a.offset(), b.offset());
          return byOffset != 0
              ? byOffset
              : Long.compare(a.info().byteCount(), b.info().byteCount());
        });
    Map<String, TensorInfo> tensors = new LinkedHashMap<>();
    Map<String, Long> offsets = new LinkedHashMap<>();
    long end = 0;
    for (Span span : ordered) {
      if (span.offset() != end) {
        throw new MalformedHeaderException(
            "tensor "
                + quote(span.info().name())
                + " begins at byte "
                + span.offset()
                + " of the data where "
                + end
                + " is expected: tensors overlap or leave a hole");
      }
      end += span.info().byteCount();
      if (end > dataBytes) {
        throw new MalformedHeaderException(
            "tensor "
                + quote(span.info().name())
                + " ends at byte "
                + end
                + " of the data and the file has only "
                + dataBytes
                + ": it is cut off");
      }
      tensors.put(span.info().name(), span.info());
      offsets.put(span.info().name(), span.offset());
    }
    if (end != dataBytes) {
      throw new MalformedHeaderException(
          (dataBytes - end) + " bytes after the last tensor belong to none");
    }
    return new SafetensorsHeader(metadata, tensors, offsets);
  }

  /** Returns the first line; the others of Gson are advice to programmers. */
  private static String firstLine(Exception e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }

  private static String quote(String name) {
    return "'" + (name.length() > 80 ? name.substring(0, 80) + "..." : name) + "'";
  }

  private record Span(TensorInfo info, long offset) {}
}
