package io.graft.features;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import io.graft.nn.NetworkBlock;
import io.graft.nn.RandomWeights;
import io.graft.recipe.FitOptions;
import io.graft.runtime.Progress;
import io.graft.runtime.Sha256;
import io.graft.runtime.TorchRuntime;
import io.graft.tensors.TensorType;
import io.graft.train.TrainingLoop;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Fills, opens and reads a feature store of synthetic rows of 512 float16, and trains on it. It is
 * in the store's package, because the API reaches a store only through images.
 */
public final class GraftStore {

  private static final int VALUES = 512;
  private static final int CLASSES = 10;

  private static final StoreKey KEY =
      new StoreKey(
          new TreeMap<>(
              Map.of("format", "benchmark", "dtype", "F16", "row_shape", "[" + VALUES + "]")),
          TensorType.F16,
          List.of((long) VALUES));

  private GraftStore() {}

  /** Arguments: fill, open, read or train; a folder; the number of rows. */
  public static void main(String[] arguments) {
    Path folder = Path.of(arguments[1]);
    int rows = Integer.parseInt(arguments[2]);
    DigestIndex wanted = digests(rows);
    long start = System.nanoTime();
    RowTable table =
        new RowTable(
            new KeyFolder(folder, KEY),
            wanted,
            Optional.empty(),
            new Progress() {
              @Override
              public void note(String line) {
                throw new IllegalStateException(line);
              }
            });
    double open = seconds(start);
    Map<String, Object> answer = new TreeMap<>();
    answer.put("open_seconds", open);
    answer.put("rows_found", table.present());
    switch (arguments[0]) {
      case "fill" -> fill(table, rows, answer);
      case "open" -> answer.put("heap_mib", heap());
      case "read" -> read(table, rows, answer);
      case "train" -> train(table, rows, answer);
      default -> throw new IllegalArgumentException(arguments[0]);
    }
    List<String> fields = new ArrayList<>();
    answer.forEach(
        (name, value) -> fields.add(String.format(Locale.ROOT, "\"%s\": %s", name, value)));
    System.out.println("{" + String.join(", ", fields) + "}");
  }

  private static void fill(RowTable table, int rows, Map<String, Object> answer) {
    SplittableRandom random = new SplittableRandom(1);
    long start = System.nanoTime();
    try (ShardAppender appender = new ShardAppender(table, rows)) {
      ByteBuffer row = ByteBuffer.allocate(KEY.rowBytes());
      for (int i = 0; i < rows; i++) {
        row.clear();
        for (int j = 0; j < VALUES; j++) {
          // Half of them are zero, as after a ReLU. The others are from 1 to 2.
          int bits = random.nextInt(1 << 11);
          row.putShort(
              2 * j, Short.reverseBytes((short) (bits < 1 << 10 ? 0 : 0x3C00 | (bits & 1023))));
        }
        appender.append(new int[] {i}, row);
      }
    }
    answer.put("fill_seconds", seconds(start));
  }

  private static void read(RowTable table, int rows, Map<String, Object> answer) {
    ByteBuffer row = ByteBuffer.allocateDirect(KEY.rowBytes());
    int[] shuffled = io.graft.data.splits.SeededOrder.permutation(rows, 1);
    for (String pass : List.of("first", "second")) {
      long start = System.nanoTime();
      for (int i = 0; i < rows; i++) {
        if (!table.read(shuffled[i], row.clear())) {
          throw new IllegalStateException("row " + shuffled[i] + " is damaged");
        }
      }
      answer.put(pass + "_pass_seconds", seconds(start));
    }
  }

  private static void train(RowTable table, int rows, Map<String, Object> answer) {
    TorchRuntime.loadCpuOnly();
    int[] labels = new int[rows];
    for (int i = 0; i < rows; i++) {
      labels[i] = i % CLASSES;
    }
    RowSource stored =
        new RowSource() {
          @Override
          public void read(int row, ByteBuffer destination) {
            if (!table.read(row, destination)) {
              throw new IllegalStateException("row " + row + " is damaged");
            }
          }

          @Override
          public void close() {}
        };
    Network head =
        new Network(
            "head",
            new Shape(VALUES),
            List.of(new NamedLayer("head", "head", new Layer.Linear(VALUES, CLASSES))));
    List<Double> seconds = new ArrayList<>();
    List<Long> heaps = new ArrayList<>();
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        FeatureStore store = new FeatureStore(stored, TensorType.F16, new Shape(VALUES), labels)) {
      NetworkBlock block =
          NetworkBlock.trainable(head, RandomWeights.glorotUniform(head, 1), manager);
      heaps.add(heap());
      long[] start = {System.nanoTime()};
      new TrainingLoop(block, manager, FitOptions.defaults().withEpochs(3).withBatchSize(1024))
          .run(
              store,
              Optional.empty(),
              Progress.NONE,
              epoch -> {
                seconds.add(seconds(start[0]));
                heaps.add(heap());
                start[0] = System.nanoTime();
              });
    }
    answer.put("epoch_seconds", seconds);
    answer.put("heap_mib", heaps);
  }

  private static DigestIndex digests(int rows) {
    DigestIndex digests = new DigestIndex(rows);
    for (int row = 0; row < rows; row++) {
      byte[] number = ByteBuffer.allocate(Integer.BYTES).putInt(row).array();
      digests.add(ByteBuffer.wrap(HexFormat.of().parseHex(Sha256.of(number))), 0);
    }
    return digests;
  }

  /** Returns the used heap after a garbage collection, in MiB. */
  private static long heap() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return (runtime.totalMemory() - runtime.freeMemory()) >> 20;
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) / 1e9;
  }
}
