package io.graft.features;

import ai.djl.ndarray.types.Shape;
import io.graft.data.LabelSets;
import io.graft.runtime.BadDataException;
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
import java.util.function.IntFunction;

/**
 * The activations at the freeze boundary, one row per picture in NCHW order, float16 or float32,
 * and the pictures' labels. Rows are read from the disk one by one, so that memory does not grow
 * with their size, or computed when they are asked for. Safe for use by several threads at once.
 */
public final class FeatureStore implements AutoCloseable {

  static final String LABELS = "labels";

  private final Rows rows;
  private final TensorType type;
  private final Shape rowShape;
  private final int[] labels;
  private final LabelSets labelSets;
  private final IntFunction<String> names;
  private final Progress progress;

  /** Where the rows are. */
  interface Rows extends AutoCloseable {
    /** Reads one row into the buffer, which has exactly that much room. */
    void read(int row, ByteBuffer destination);

    /** Tells which rows will be read next, in which order, and in how large batches. */
    default void ahead(int[] order, int batchSize, long pass) {}

    /** Whether reading a row is no more than that. */
    default boolean isKept() {
      return true;
    }

    @Override
    void close();
  }

  /** Creates a store whose labels are classes. */
  FeatureStore(Rows rows, TensorType type, Shape rowShape, int[] labels) {
    this(
        rows,
        type,
        rowShape,
        labels,
        LabelSets.singleLabel(Arrays.stream(labels).max().orElse(-1) + 1),
        row -> "row " + row,
        Progress.NONE);
  }

  private FeatureStore(
      Rows rows,
      TensorType type,
      Shape rowShape,
      int[] labels,
      LabelSets labelSets,
      IntFunction<String> names,
      Progress progress) {
    this.rows = rows;
    this.type = type;
    this.rowShape = rowShape;
    this.labels = labels;
    this.labelSets = labelSets;
    this.names = names;
    this.progress = progress;
  }

  /**
   * Returns the same rows with what their labels stand for. Only one of the two is to be closed.
   */
  public FeatureStore withLabelSets(LabelSets others) {
    return new FeatureStore(rows, type, rowShape, labels, others, names, progress);
  }

  /**
   * Returns the same rows for a run that may be stopped. Only one of the two is to be closed.
   *
   * @param others what rows are called in messages
   */
  FeatureStore within(Progress run, IntFunction<String> others) {
    return new FeatureStore(rows, type, rowShape, labels, labelSets, others, run);
  }

  /** Returns what a row is called in messages: its image's path where that is known. */
  public String name(int row) {
    return names.apply(row);
  }

  /**
   * Opens a file of features: tensor {@code features} is (rows, ...) in NCHW order, float16 or
   * float32; {@code labels} is int64 (rows).
   *
   * @throws BadDataException if it holds no features and labels of equally many rows
   * @throws io.graft.runtime.WeightsException if it is no whole safetensors file
   */
  public static FeatureStore open(Path path) {
    SafetensorsFile file = SafetensorsFile.open(path);
    boolean opened = false;
    try {
      FeatureStore store = over(file);
      opened = true;
      return store;
    } finally {
      if (!opened) {
        file.close();
      }
    }
  }

  private static FeatureStore over(SafetensorsFile file) {
    TensorInfo features = file.tensors().get(ShardBuffer.FEATURES);
    TensorInfo labels = file.tensors().get(LABELS);
    boolean usable =
        features != null
            && labels != null
            && features.shape().size() > 1
            && (features.type() == TensorType.F16 || features.type() == TensorType.F32)
            && labels.type() == TensorType.I64
            && labels.shape().equals(List.of(features.shape().get(0)));
    if (!usable) {
      throw new BadDataException(
          file.path()
              + " holds no features: received "
              + file.tensors().values()
              + ", expected features (rows, ...) in F16 or F32 and labels (rows) in I64, as"
              + " extract writes them.");
    }
    Shape shape = new Shape(features.shape().stream().skip(1).mapToLong(Long::longValue).toArray());
    long rowBytes = shape.size() * features.type().bytes();
    Rows rows =
        new Rows() {
          @Override
          public void read(int row, ByteBuffer destination) {
            file.read(ShardBuffer.FEATURES, row * rowBytes, destination);
          }

          @Override
          public void close() {
            file.close();
          }
        };
    return new FeatureStore(rows, features.type(), shape, readLabels(file, labels));
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
            file.path()
                + " has the label "
                + label
                + " in row "
                + row
                + ": expected an index of a class.");
      }
      values[row] = (int) label;
    }
    return values;
  }

  /**
   * Some of the rows as a store of their own, which is usable until this one is closed; closing it
   * does nothing.
   *
   * @param wanted which, in any order
   */
  public FeatureStore subset(int[] wanted) {
    int[] chosen = wanted.clone();
    return new FeatureStore(
        new RowSubset(rows, chosen),
        type,
        rowShape,
        Arrays.stream(chosen).map(row -> labels[row]).toArray(),
        labelSets,
        row -> names.apply(chosen[row]),
        progress);
  }

  /** The number of rows. */
  public int rows() {
    return labels.length;
  }

  /** The shape of one row. */
  public Shape rowShape() {
    return rowShape;
  }

  /** The type of the elements, float16 or float32. */
  public TensorType type() {
    return type;
  }

  /** The size of one row in bytes. */
  public int rowBytes() {
    return Math.toIntExact(rowShape.size() * type.bytes());
  }

  /** Returns the label of a row; see {@link #labelSets}. */
  public int label(int row) {
    return labels[row];
  }

  /** Returns what labels stand for. */
  public LabelSets labelSets() {
    return labelSets;
  }

  /** Every row's label, in order. */
  public int[] labels() {
    return labels.clone();
  }

  /**
   * Stops the pass that reads these rows if their run was asked to stop.
   *
   * @throws io.graft.runtime.StoppedException if it was
   */
  public void throwIfStopRequested() {
    StoppedException.throwIfRequested(progress, "features were read");
  }

  /**
   * Reads one row.
   *
   * @param destination receives {@link #rowBytes()} bytes, little-endian, at its position
   */
  public void read(int row, ByteBuffer destination) {
    int end = destination.limit();
    destination.limit(destination.position() + rowBytes());
    rows.read(row, destination);
    destination.limit(end);
  }

  /**
   * Tells which rows will be read next. Rows that are kept nowhere are computed ahead so; reading
   * others meanwhile is right and slow.
   *
   * @param order of the rows, which may have some twice or not at all
   * @param batchSize how many will be asked for at a time
   * @param pass which pass over the rows this is, from 0
   */
  public void ahead(int[] order, int batchSize, long pass) {
    rows.ahead(order, batchSize, pass);
  }

  /** Whether the rows are kept, so that reading them again costs no computation. */
  public boolean isKept() {
    return rows.isKept();
  }

  @Override
  public void close() {
    rows.close();
  }
}
