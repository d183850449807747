package io.graft.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.graft.eval.FeatureStatistics;
import io.graft.nn.NetworkBlock;
import io.graft.runtime.DurableFiles;
import io.graft.tensors.SafetensorsFile;
import io.graft.tensors.SafetensorsWriter;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorType;
import io.graft.zoo.BackboneSpec;
import io.graft.zoo.WeightOrigin;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes and reads the tensors of a model: parameters of layers, and feature statistics. */
final class ModelTensors {

  private static final String COUNTS = "counts";
  private static final String MEANS = "means";
  private static final String VARIANCES = "variances";

  private ModelTensors() {}

  /**
   * Returns the named parameters of a block as tensors.
   *
   * @param type the element type of the tensors, float16 or float32
   */
  static Map<TensorInfo, ByteBuffer> of(
      NetworkBlock block, Collection<String> names, TensorType type) {
    Map<TensorInfo, ByteBuffer> tensors = new LinkedHashMap<>();
    for (String name : names) {
      NDArray array = block.getParameters().get(name).getArray();
      List<Long> shape = Arrays.stream(array.getShape().getShape()).boxed().toList();
      tensors.put(new TensorInfo(name, type, shape), bytes(array, type));
    }
    return tensors;
  }

  /** Writes the parameters of a backbone's layers to a weights file. */
  static void writeBackbone(Path file, BackboneSpec spec, TensorType type, NetworkBlock block) {
    Map<TensorInfo, ByteBuffer> tensors =
        of(block, spec.network().parameterShapes().keySet(), type);
    DurableFiles.writeFile(
        file,
        temporary -> SafetensorsWriter.write(temporary, WeightOrigin.Own.metadata(spec), tensors));
  }

  private static ByteBuffer bytes(NDArray array, TensorType type) {
    if (type == TensorType.F32) {
      return array.toByteBuffer();
    }
    try (NDArray half = array.toType(DataType.FLOAT16, true)) {
      return half.toByteBuffer();
    }
  }

  /**
   * Writes feature statistics: {@code counts} int64 (classes), {@code means} float32 (classes,
   * features), {@code variances} float32 (features).
   */
  static void writeStatistics(Path file, FeatureStatistics statistics) throws IOException {
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
   * Reads a file written by {@link #writeStatistics}.
   *
   * @param classes how many groups of rows the statistics have: one per class, or 1 for a
   *     multi-label model
   * @throws IllegalStateException if the file has other tensors
   */
  static FeatureStatistics readStatistics(Path path, int classes) {
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
