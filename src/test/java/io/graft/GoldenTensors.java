package io.graft;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.graft.image.RgbImage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;

/**
 * A safetensors fixture in memory. It does not use the production reader, so a defect there cannot
 * hide in the expectations.
 */
public final class GoldenTensors {

  private record Entry(String type, List<Long> shape, int begin, int end) {}

  private final byte[] file;
  private final int dataStart;
  private final Map<String, Entry> entries = new TreeMap<>();

  private GoldenTensors(byte[] file) {
    this.file = file;
    int headerLength = Math.toIntExact(little(0, 8).getLong());
    dataStart = 8 + headerLength;
    String header = new String(file, 8, headerLength, StandardCharsets.UTF_8);
    JsonObject json = JsonParser.parseString(header).getAsJsonObject();
    for (String name : json.keySet()) {
      if (name.equals("__metadata__")) {
        continue;
      }
      JsonObject tensor = json.getAsJsonObject(name);
      JsonArray offsets = tensor.getAsJsonArray("data_offsets");
      List<Long> shape =
          tensor.getAsJsonArray("shape").asList().stream().map(e -> e.getAsLong()).toList();
      entries.put(
          name,
          new Entry(
              tensor.get("dtype").getAsString(),
              shape,
              offsets.get(0).getAsInt(),
              offsets.get(1).getAsInt()));
    }
  }

  /** Opens a resource such as {@code /golden/adam_steps.safetensors}, which may end in .gz. */
  public static GoldenTensors open(String resourceName) {
    try (InputStream stream = GoldenTensors.class.getResourceAsStream(resourceName)) {
      if (stream == null) {
        throw new IllegalArgumentException("no test resource " + resourceName);
      }
      boolean packed = resourceName.endsWith(".gz");
      return new GoldenTensors((packed ? new GZIPInputStream(stream) : stream).readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads a file. */
  public static GoldenTensors read(Path file) throws IOException {
    return new GoldenTensors(Files.readAllBytes(file));
  }

  /** Returns the names of the tensors, sorted. */
  public List<String> names() {
    return List.copyOf(entries.keySet());
  }

  /** Returns the shape of a tensor, outermost axis first. */
  public long[] shape(String name) {
    return entry(name).shape().stream().mapToLong(Long::longValue).toArray();
  }

  /** Returns the stored bytes of a tensor: row-major, little-endian. */
  public byte[] bytes(String name) {
    Entry entry = entry(name);
    byte[] bytes = new byte[entry.end() - entry.begin()];
    little(dataStart + entry.begin(), bytes.length).get(bytes);
    return bytes;
  }

  /** Returns an image: a tensor of shape (height, width, 3). */
  public RgbImage image(String name) {
    long[] shape = shape(name);
    return new RgbImage((int) shape[1], (int) shape[0], bytes(name));
  }

  /** Returns the values of a float32 tensor, row-major. */
  public float[] floats(String name) {
    Entry entry = entry(name, "F32");
    float[] values = new float[(entry.end() - entry.begin()) / Float.BYTES];
    little(dataStart + entry.begin(), entry.end() - entry.begin()).asFloatBuffer().get(values);
    return values;
  }

  /** Returns the values of an int64 tensor, row-major. */
  public long[] longs(String name) {
    Entry entry = entry(name, "I64");
    long[] values = new long[(entry.end() - entry.begin()) / Long.BYTES];
    little(dataStart + entry.begin(), entry.end() - entry.begin()).asLongBuffer().get(values);
    return values;
  }

  private Entry entry(String name, String type) {
    Entry entry = entry(name);
    if (!entry.type().equals(type)) {
      throw new IllegalArgumentException(name + " is " + entry.type() + ", not " + type);
    }
    return entry;
  }

  private Entry entry(String name) {
    Entry entry = entries.get(name);
    if (entry == null) {
      throw new IllegalArgumentException("no tensor " + name + "; there are " + names());
    }
    return entry;
  }

  private ByteBuffer little(int offset, int length) {
    return ByteBuffer.wrap(file, offset, length).slice().order(ByteOrder.LITTLE_ENDIAN);
  }
}
