package io.graft.model;

import io.graft.eval.FeatureStatistics;
import io.graft.tensors.SafetensorsFile;
import io.graft.tensors.SafetensorsWriter;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Feature statistics as a safetensors file: {@code counts} int64 (classes), {@code means} float32
 * (classes, features), {@code variances} float32 (features).
 */
final class StatisticsFile {

  private static final String COUNTS = "counts";
  private static final String MEANS = "means";
  private static final String VARIANCES = "variances";

  private StatisticsFile() {}

  static void write(Path file, FeatureStatistics statistics) throws IOException {
    long classes = statistics.counts().length;
    long features = statistics.variances().length;
    Map<TensorInfo, ByteBuffer> tensors = new LinkedHashMap<>();
    ByteBuffer counts = buffer(classes * Long.BYTES);
    for (long count : statistics.counts()) {
      counts.putLong(count);
    }
    tensors.put(new TensorInfo(COUNTS, TensorType.I64, List.of(classes)), counts.flip());
    tensors.put(
        new TensorInfo(MEANS, TensorType.F32, List.of(classes, features)),
        floats(statistics.means()));
    tensors.put(
        new TensorInfo(VARIANCES, TensorType.F32, List.of(features)),
        floats(statistics.variances()));
    SafetensorsWriter.write(file, Map.of(), tensors);
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @param classes how many the model has
   * @throws IllegalStateException if the file has other tensors
   */
  static FeatureStatistics read(Path path, int classes) {
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      TensorInfo variances = file.tensors().get(VARIANCES);
      if (variances == null || variances.shape().size() != 1) {
        throw new IllegalStateException(path.getFileName() + " has no " + VARIANCES);
      }
      int features = Math.toIntExact(variances.shape().get(0));
      ByteBuffer counts = buffer((long) classes * Long.BYTES);
      require(file, new TensorInfo(COUNTS, TensorType.I64, List.of((long) classes)));
      require(
          file,
          new TensorInfo(MEANS, TensorType.F32, List.of((long) classes, variances.shape().get(0))));
      require(file, new TensorInfo(VARIANCES, TensorType.F32, variances.shape()));
      file.read(COUNTS, 0, counts);
      long[] rows = new long[classes];
      counts.flip().asLongBuffer().get(rows);
      float[][] means = new float[classes][];
      for (int label = 0; label < classes; label++) {
        means[label] = floats(file, MEANS, (long) label * features, features);
      }
      return new FeatureStatistics(rows, means, floats(file, VARIANCES, 0, features));
    }
  }

  private static void require(SafetensorsFile file, TensorInfo expected) {
    TensorInfo found = file.tensors().get(expected.name());
    if (!expected.equals(found)) {
      throw new IllegalStateException(
          file.path().getFileName() + " holds " + found + ", expected " + expected);
    }
  }

  private static float[] floats(SafetensorsFile file, String name, long first, int count) {
    ByteBuffer bytes = buffer((long) count * Float.BYTES);
    file.read(name, first * Float.BYTES, bytes);
    float[] values = new float[count];
    bytes.flip().asFloatBuffer().get(values);
    return values;
  }

  private static ByteBuffer floats(float[]... rows) {
    ByteBuffer bytes = buffer((long) rows.length * rows[0].length * Float.BYTES);
    for (float[] row : rows) {
      for (float value : row) {
        bytes.putFloat(value);
      }
    }
    return bytes.flip();
  }

  private static ByteBuffer buffer(long bytes) {
    return ByteBuffer.allocate(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN);
  }
}
