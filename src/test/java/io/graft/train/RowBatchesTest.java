package io.graft.train;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.graft.features.FeatureStore;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import io.graft.nn.NetworkBlock;
import io.graft.nn.RandomWeights;
import io.graft.recipe.Loss;
import io.graft.recipe.Optimization;
import io.graft.runtime.TorchRuntime;
import io.graft.tensors.SafetensorsWriter;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorType;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RowBatchesTest {

  private static final int ROWS = 13;
  private static final List<Long> ROW = List.of(3L, 2L);

  @TempDir Path folder;

  @BeforeAll
  static void load() {
    TorchRuntime.load();
  }

  /** Writes a file of random rows without NaN and returns the bytes of each row. */
  private byte[][] write(Path file, TensorType type) throws Exception {
    Random random = new Random(5);
    byte[][] rows = new byte[ROWS][6 * type.bytes()];
    ByteBuffer features = ByteBuffer.allocateDirect(ROWS * 6 * type.bytes());
    ByteBuffer labels = ByteBuffer.allocate(ROWS * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int row = 0; row < ROWS; row++) {
      random.nextBytes(rows[row]);
      for (int i = type.bytes() - 1; i < rows[row].length; i += type.bytes()) {
        rows[row][i] &= 0x3F;
      }
      features.put(rows[row]);
      labels.putLong(row % 4);
    }
    Map<TensorInfo, ByteBuffer> content = new LinkedHashMap<>();
    content.put(
        new TensorInfo("features", type, List.of((long) ROWS, ROW.get(0), ROW.get(1))),
        features.flip());
    content.put(new TensorInfo("labels", TensorType.I64, List.of((long) ROWS)), labels.flip());
    SafetensorsWriter.write(file, Map.of(), content);
    return rows;
  }

  @ParameterizedTest
  @EnumSource(
      value = TensorType.class,
      names = {"F16", "F32"})
  void everyWayToReadBatchesReturnsTheStoredRows(TensorType type) throws Exception {
    Path file = folder.resolve("rows.safetensors");
    byte[][] expected = write(file, type);
    Random random = new Random(1);
    try (FeatureStore store = FeatureStore.open(file);
        NDManager owner = NDManager.newBaseManager()) {
      RowBatches read = new RowBatches(store, 4);
      RowBatches inParts = new RowBatches(store, 4, Optional.empty(), 3 * store.rowBytes());
      RowBatches resident = new RowBatches(store, 4, Optional.of(new ResidentRows(store, owner)));
      // Some batches are on the device, some only in part, and some rows occur twice.
      for (int epoch = 0; epoch < 4; epoch++) {
        int[] order = random.ints(11, 0, ROWS).toArray();
        for (RowBatches batches : List.of(read, inParts, resident)) {
          batches.begin(order, 0, 4, epoch);
        }
        for (int from = 0; from < order.length; from += 4) {
          int to = Math.min(order.length, from + 4);
          try (NDManager scratch = owner.newSubManager()) {
            for (RowBatches batches : List.of(read, inParts, resident)) {
              NDArray features = batches.features(scratch, order, from, to);
              assertThat(features.getShape().getShape()).containsExactly(to - from, 3, 2);
              byte[] bytes = new byte[(to - from) * expected[0].length];
              features.toByteBuffer().get(bytes);
              for (int i = from; i < to; i++) {
                int at = (i - from) * expected[0].length;
                assertThat(Arrays.copyOfRange(bytes, at, at + expected[0].length))
                    .isEqualTo(expected[order[i]]);
              }
              assertThat(batches.labels(scratch, order, from, to).toLongArray())
                  .isEqualTo(IntStream.range(from, to).mapToLong(i -> order[i] % 4).toArray());
            }
          }
        }
      }
    }
  }

  @Test
  void rowsOnTheDeviceAreNotReadAgain() throws Exception {
    Path file = folder.resolve("rows.safetensors");
    write(file, TensorType.F16);
    int[] order = {4, 0, 7};
    try (NDManager owner = NDManager.newBaseManager()) {
      FeatureStore store = FeatureStore.open(file);
      RowBatches resident = new RowBatches(store, 3, Optional.of(new ResidentRows(store, owner)));
      resident.begin(order, 0, 3, 1);
      byte[] first = bytes(resident.features(owner, order, 0, 3));
      store.close();
      assertThat(bytes(resident.features(owner, order, 0, 3))).isEqualTo(first);
    }
  }

  /** Autograd refuses tensors that were made without recording. */
  @ParameterizedTest
  @EnumSource(
      value = TensorType.class,
      names = {"F16", "F32"})
  void rowsOnTheDeviceCanBeTrainedOn(TensorType type) throws Exception {
    Path file = folder.resolve("rows.safetensors");
    write(file, type);
    int[] order = {4, 0, 7};
    Network network =
        new Network(
            "linear",
            new Shape(3, 2),
            List.of(
                new NamedLayer("flatten", "flatten", new Layer.Flatten()),
                new NamedLayer("head", "head", new Layer.Linear(6, 4))));
    float[] ones = {1, 1, 1, 1};
    try (FeatureStore store = FeatureStore.open(file);
        NDManager owner = NDManager.newBaseManager()) {
      NetworkBlock block =
          NetworkBlock.trainable(network, RandomWeights.glorotUniform(network, 1), owner);
      Optimization plain = new Optimization();
      AutogradStep step =
          new AutogradStep(block, new Loss.CrossEntropy(), plain, ones, Optional.empty(), owner);
      RowBatches resident = new RowBatches(store, 3, Optional.of(new ResidentRows(store, owner)));
      resident.begin(order, 0, 3, 1);
      for (int i = 0; i < 2; i++) {
        NDArray rows = resident.features(owner, order, 0, 3);
        NDArray labels = resident.labels(owner, order, 0, 3);
        assertThat(step.run(rows, labels, 0.1, true).toDoubleArray()[1]).isEqualTo(3);
      }
    }
  }

  @Test
  void batchMayBeLargerThanTheBuffer() throws Exception {
    int rows = 42_800;
    long features = rows * 25_088L * TensorType.F16.bytes();
    long end = features + 8L * rows;
    assertThat(features).isGreaterThan(Integer.MAX_VALUE);
    byte[] header =
        """
        {"features":{"dtype":"F16","shape":[%d,25088],"data_offsets":[0,%d]},
         "labels":{"dtype":"I64","shape":[%d],"data_offsets":[%d,%d]}}\
        """
            .formatted(rows, features, rows, features, end)
            .getBytes(StandardCharsets.UTF_8);
    Path file = folder.resolve("rows.safetensors");
    // The file is sparse: its rows take no space on disk.
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.writeLong(Long.reverseBytes(header.length));
      sparse.write(header);
      sparse.setLength(Long.BYTES + header.length + end);
    }
    int[] order = IntStream.range(0, rows).toArray();
    try (FeatureStore store = FeatureStore.open(file);
        NDManager manager = NDManager.newBaseManager()) {
      NDArray last = new RowBatches(store, rows).features(manager, order, rows - 3, rows);
      assertThat(last.getShape().getShape()).containsExactly(3, 25_088);
    }
  }

  @Test
  void cpuKeepsNoCopyOfTheRows() throws Exception {
    Path file = folder.resolve("rows.safetensors");
    write(file, TensorType.F16);
    try (FeatureStore store = FeatureStore.open(file);
        NDManager owner = NDManager.newBaseManager()) {
      assertThat(ResidentRows.where(store, owner)).isEmpty();
    }
  }

  private static byte[] bytes(NDArray array) {
    ByteBuffer buffer = array.toByteBuffer();
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }
}
