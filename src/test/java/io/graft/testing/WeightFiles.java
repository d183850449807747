package io.graft.testing;

import io.graft.zoo.Zoo;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.Consumer;

/**
 * Safetensors files of VGG16's size whose numbers are all zero: holes that take no room on disk.
 */
public final class WeightFiles {

  private WeightFiles() {}

  /**
   * Writes a file.
   *
   * @param change what to do to the shapes of VGG16, by torchvision's names, first
   */
  public static void write(Path file, Consumer<Map<String, long[]>> change) throws IOException {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    Zoo.find("vgg16")
        .network()
        .parameterShapes()
        .forEach((name, shape) -> shapes.put(name, shape.getShape()));
    change.accept(shapes);
    StringJoiner header = new StringJoiner(",", "{", "}");
    long end = 0;
    for (Map.Entry<String, long[]> tensor : shapes.entrySet()) {
      long start = end;
      end += Float.BYTES * Arrays.stream(tensor.getValue()).reduce(1, Math::multiplyExact);
      header.add(
          "\"%s\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
              .formatted(tensor.getKey(), Arrays.toString(tensor.getValue()), start, end));
    }
    byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
    Files.createDirectories(file.getParent());
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.write(
          ByteBuffer.allocate(Long.BYTES)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(json.length)
              .array());
      out.write(json);
      out.setLength(Long.BYTES + json.length + end);
    }
  }
}
