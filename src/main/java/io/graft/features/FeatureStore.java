package io.graft.features;

import ai.djl.ndarray.types.Shape;
import io.graft.runtime.BadDataException;
import io.graft.weights.SafetensorsFile;
import io.graft.weights.TensorInfo;
import io.graft.weights.TensorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The activations at the freeze boundary, one row per picture, and the pictures' labels: a
 * safetensors file read by row, so that memory does not grow with the number of pictures.
 *
 * <p>Tensor {@code features} is (rows, ...) in NCHW order, float16 or float32; {@code labels} is
 * int64 (rows).
 */
public final class FeatureStore implements AutoCloseable {

  static final String FEATURES = "features";
  static final String LABELS = "labels";

  private final SafetensorsFile file;
  private final TensorInfo features;
  private final int[] labels;
  private final Path deletedOnClose;

  private FeatureStore(
      SafetensorsFile file, TensorInfo features, int[] labels, Path deletedOnClose) {
    this.file = file;
    this.features = features;
    this.labels = labels;
    this.deletedOnClose = deletedOnClose;
  }

  /**
   * Opens a file of features.
   *
   * @throws BadDataException if it holds no features and labels of equally many rows
   * @throws io.graft.runtime.WeightsException if it is no whole safetensors file
   */
  public static FeatureStore open(Path path) {
    return open(path, null);
  }

  /** Opens a file of features that nobody needs once this is closed, or the process has ended. */
  static FeatureStore openTemporary(Path path) {
    FeatureStore store = open(path, path);
    deleteIfPossible(path);
    return store;
  }

  private static FeatureStore open(Path path, Path deletedOnClose) {
    SafetensorsFile file = SafetensorsFile.open(path);
    TensorInfo features = file.tensors().get(FEATURES);
    TensorInfo labels = file.tensors().get(LABELS);
    boolean usable =
        features != null
            && labels != null
            && features.shape().size() > 1
            && (features.type() == TensorType.F16 || features.type() == TensorType.F32)
            && labels.type() == TensorType.I64
            && labels.shape().equals(List.of(features.shape().get(0)));
    if (!usable) {
      file.close();
      throw new BadDataException(
          path
              + " holds no features: received "
              + file.tensors().values()
              + ", expected features (rows, ...) in F16 or F32 and labels (rows) in I64, as"
              + " extract writes them.");
    }
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.toIntExact(labels.byteCount())).order(ByteOrder.LITTLE_ENDIAN);
    file.read(LABELS, 0, bytes);
    bytes.flip();
    int[] values = new int[bytes.remaining() / Long.BYTES];
    for (int row = 0; row < values.length; row++) {
      long label = bytes.getLong();
      if (label < 0 || label > Integer.MAX_VALUE) {
        file.close();
        throw new BadDataException(
            path
                + " has the label "
                + label
                + " in row "
                + row
                + ": expected an index of a class.");
      }
      values[row] = (int) label;
    }
    return new FeatureStore(file, features, values, deletedOnClose);
  }

  /** The number of rows. */
  public int rows() {
    return labels.length;
  }

  /** The shape of one row. */
  public Shape rowShape() {
    return new Shape(features.shape().stream().skip(1).mapToLong(Long::longValue).toArray());
  }

  /** The type of the elements, float16 or float32. */
  public TensorType type() {
    return features.type();
  }

  /** The size of one row in bytes. */
  public int rowBytes() {
    return Math.toIntExact(rowShape().size() * features.type().bytes());
  }

  /** The label of a row, an index into the classes. */
  public int label(int row) {
    return labels[row];
  }

  /** Every row's label, in order. */
  public int[] labels() {
    return labels.clone();
  }

  /**
   * Reads one row.
   *
   * @param destination receives {@link #rowBytes()} bytes, little-endian, at its position
   */
  public void read(int row, ByteBuffer destination) {
    int end = destination.limit();
    destination.limit(destination.position() + rowBytes());
    file.read(FEATURES, (long) row * rowBytes(), destination);
    destination.limit(end);
  }

  @Override
  public void close() {
    file.close();
    if (deletedOnClose != null) {
      deleteIfPossible(deletedOnClose);
    }
  }

  private static void deleteIfPossible(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      // Windows keeps a file that is open; it goes when the store is closed.
    }
  }
}
