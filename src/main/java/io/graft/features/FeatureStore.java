package io.graft.features;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.graft.data.LabelSets;
import io.graft.runtime.BadDataException;
import io.graft.runtime.OpenState;
import io.graft.runtime.Progress;
import io.graft.runtime.StoppedException;
import io.graft.tensors.SafetensorsFile;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * The features of labelled images at the freeze boundary: one row per image (view) in NCHW order,
 * float16 or float32, with its label. A row is read from disk or computed only when it is
 * requested, so memory does not grow with the number of rows. Several threads may use a store at
 * once.
 */
public final class FeatureStore implements AutoCloseable {

  static final String LABELS = "labels";

  private final RowSource rows;
  private final TensorType type;
  private final Shape rowShape;
  private final int[] labels;
  private final LabelSets labelSets;
  private final IntFunction<String> names;
  private final Progress progress;
  private final OpenState open;

  /** Creates a store of single-label images. */
  FeatureStore(RowSource rows, TensorType type, Shape rowShape, int[] labels) {
    this(
        rows,
        type,
        rowShape,
        labels,
        LabelSets.singleLabel(Arrays.stream(labels).max().orElse(-1) + 1),
        row -> "row " + row,
        Progress.NONE,
        new OpenState(FeatureStore.class));
  }

  private FeatureStore(
      RowSource rows,
      TensorType type,
      Shape rowShape,
      int[] labels,
      LabelSets labelSets,
      IntFunction<String> names,
      Progress progress,
      OpenState open) {
    this.rows = rows;
    this.type = type;
    this.rowShape = rowShape;
    this.labels = labels;
    this.labelSets = labelSets;
    this.names = names;
    this.progress = progress;
    this.open = open;
  }

  /** Returns the same rows with another meaning of the labels. Close only one of the stores. */
  public FeatureStore withLabelSets(LabelSets other) {
    return new FeatureStore(rows, type, rowShape, labels, other, names, progress, open);
  }

  /**
   * Returns a store of the same rows, with names for messages and a progress that can stop the run.
   * Close only one of the two.
   */
  FeatureStore within(Progress run, IntFunction<String> rowNames) {
    return new FeatureStore(rows, type, rowShape, labels, labelSets, rowNames, run, open);
  }

  /** Returns the name of a row for messages, which is the path of its image if that is known. */
  public String name(int row) {
    return names.apply(row);
  }

  /**
   * Opens a file of features. Its tensor {@code features} is (rows, ...) in NCHW order, float16 or
   * float32. Its tensor {@code labels} is int64 (rows); without it, every label is 0.
   *
   * @throws BadDataException if the file does not have features and labels for the same number of
   *     rows
   * @throws io.graft.runtime.WeightsException if the file is not a complete safetensors file
   */
  public static FeatureStore open(Path path) {
    SafetensorsFile file = SafetensorsFile.open(path);
    try {
      return of(file);
    } catch (RuntimeException | Error e) {
      file.close();
      throw e;
    }
  }

  private static FeatureStore of(SafetensorsFile file) {
    TensorInfo features = file.tensors().get(ShardBuffer.FEATURES);
    TensorInfo labels = file.tensors().get(LABELS);
    boolean usable =
        features != null
            && features.shape().size() > 1
            && (features.type() == TensorType.F16 || features.type() == TensorType.F32)
            && (labels == null
                || (labels.type() == TensorType.I64
                    && labels.shape().equals(List.of(features.shape().get(0)))));
    if (!usable) {
      throw new BadDataException(
          ("%s is not a file of features: received %s, expected features (rows, ...) in F16 or F32"
                  + " and labels (rows) in I64, as an extraction writes them.")
              .formatted(file.path(), file.tensors().values()));
    }
    Shape shape = new Shape(features.shape().stream().skip(1).mapToLong(Long::longValue).toArray());
    long rowBytes = shape.size() * features.type().bytes();
    RowSource rows =
        new RowSource() {
          @Override
          public void read(int row, ByteBuffer destination) {
            file.read(ShardBuffer.FEATURES, row * rowBytes, destination);
          }

          @Override
          public void close() {
            file.close();
          }
        };
    int[] values =
        labels == null
            ? new int[Math.toIntExact(features.shape().get(0))]
            : readLabels(file, labels);
    return new FeatureStore(rows, features.type(), shape, values);
  }

  private static int[] readLabels(SafetensorsFile file, TensorInfo labels) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.toIntExact(labels.byteCount())).order(ByteOrder.LITTLE_ENDIAN);
    file.read(LABELS, 0, bytes);
    bytes.flip();
    int[] values = new int[bytes.remaining() / Long.BYTES];
    for (int row = 0; row < values.length; row++) {
      long label = bytes.getLong();
      if (label < 0 || label > Integer.MAX_VALUE) {
        throw new BadDataException(
            "%s has the label %s in row %s: expected the position of a class."
                .formatted(file.path(), label, row));
      }
      values[row] = (int) label;
    }
    return values;
  }

  /**
   * Returns the given rows as a store, which is usable until this store is closed. Closing the
   * result leaves this store open.
   *
   * @param wanted the indices of the rows, in any order
   */
  public FeatureStore subset(int[] wanted) {
    int[] chosen = wanted.clone();
    return new FeatureStore(
        new RowSource.Subset(this, chosen),
        type,
        rowShape,
        Arrays.stream(chosen).map(row -> labels[row]).toArray(),
        labelSets,
        row -> names.apply(chosen[row]),
        progress,
        new OpenState(FeatureStore.class));
  }

  /** Returns the number of rows. */
  public int rows() {
    return labels.length;
  }

  /** Returns the shape of one row. */
  public Shape rowShape() {
    return rowShape;
  }

  /** Returns the element type, float16 or float32. */
  public TensorType type() {
    return type;
  }

  /** Returns the size of one row in bytes. */
  public int rowBytes() {
    return Math.toIntExact(rowShape.size() * type.bytes());
  }

  /** Returns the label of a row; see {@link #labelSets}. */
  public int label(int row) {
    return labels[row];
  }

  /** Returns the meaning of the labels. */
  public LabelSets labelSets() {
    return labelSets;
  }

  /** Returns the label of every row, in order. */
  public int[] labels() {
    return labels.clone();
  }

  /**
   * Throws if the run that uses these rows was asked to stop.
   *
   * @throws StoppedException if the run was asked to stop
   */
  public void throwIfStopRequested() {
    StoppedException.throwIfRequested(progress, "features were read");
  }

  /**
   * Reads one row.
   *
   * @param destination the buffer that receives {@link #rowBytes()} bytes, little-endian, at its
   *     position
   */
  public void read(int row, ByteBuffer destination) {
    open.require();
    int end = destination.limit();
    destination.limit(destination.position() + rowBytes());
    rows.read(row, destination);
    destination.limit(end);
  }

  /**
   * Announces the rows that will be read next, so that rows that are not kept can be computed
   * ahead. Reading other rows meanwhile works but is slow.
   *
   * @param order the indices of the rows; each may occur any number of times
   * @param batchSize the number of rows that are read at a time
   * @param epoch the index of the epoch over the rows, from 0
   */
  public void ahead(int[] order, int batchSize, long epoch) {
    open.require();
    rows.ahead(order, batchSize, epoch);
  }

  /**
   * Computes the next announced rows where they are needed, without a copy in host memory. That is
   * possible for rows that are not kept and need no frozen layers.
   *
   * @param owner the manager that owns the result and has its device
   * @param wanted the indices of the rows, a whole announced batch
   * @return the rows in their type, (n, ...); empty if {@link #read} must read them
   */
  public Optional<NDArray> computeNext(NDManager owner, int[] wanted) {
    open.require();
    return rows.computeNext(owner, wanted);
  }

  /** Returns whether the rows are kept. Reading a kept row again recomputes nothing. */
  public boolean isKept() {
    return rows.isKept();
  }

  @Override
  public void close() {
    open.close();
    rows.close();
  }

  @Override
  public String toString() {
    return "FeatureStore[%s rows of %s, %s]".formatted(rows(), rowShape, type);
  }
}
