package io.graft.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.graft.nn.Network;
import io.graft.recipe.FitOptions;
import io.graft.recipe.Optimizer;
import io.graft.runtime.DivergedException;
import io.graft.runtime.Progress;
import io.graft.runtime.StoppedException;
import io.graft.runtime.TorchRuntime;
import io.graft.tensors.SafetensorsFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Trains on a row that is not a number. The steps take less than a millisecond, so later batches
 * are computed before the outcome of that row's batch is read.
 */
class DivergedTrainingTest {

  private static final int BATCH_SIZE = 4;
  private static final Pattern BATCH = Pattern.compile("epoch 1, batch (\\d+), of row (\\d+)");

  @TempDir Path root;

  @BeforeAll
  static void load() {
    TorchRuntime.load();
  }

  static Stream<Arguments> trainings() {
    FitOptions options =
        FitOptions.defaults().withEpochs(2).withBatchSize(BATCH_SIZE).withLearningRate(0.02);
    return Stream.of(
        Arguments.of(CheckpointTraining.LINEAR, options),
        Arguments.of(CheckpointTraining.DEEP, options),
        Arguments.of(CheckpointTraining.DEEP, options.withAccumulate(2)),
        Arguments.of(CheckpointTraining.DEEP, options.withOptimizer(new Optimizer.AdamW())),
        Arguments.of(
            CheckpointTraining.DEEP, options.withOptimizer(new Optimizer.Sgd(0.9, true, 0.01))),
        Arguments.of(CheckpointTraining.DEEP, options.withOptimizer(new Optimizer.RmsProp())));
  }

  @ParameterizedTest
  @MethodSource("trainings")
  void keptStateIsThatOfATrainingStoppedBeforeTheBatch(Network network, FitOptions options)
      throws IOException {
    CheckpointTraining training = new CheckpointTraining(root);
    Path rows = root.resolve("train.safetensors");
    byte[] whole = Files.readAllBytes(rows);
    spoil(rows, 11);
    Path diverged = root.resolve("diverged");
    Throwable thrown =
        catchThrowable(() -> run(training, network, options, diverged, Progress.NONE));
    assertThat(thrown).isInstanceOf(DivergedException.class);
    Matcher named = BATCH.matcher(thrown.getMessage());
    assertThat(named.find()).as(thrown.getMessage()).isTrue();
    int batch = Integer.parseInt(named.group(1));
    assertThat(batch).as("a batch with others before and after it").isBetween(3, 8);

    Files.write(rows, whole);
    Path stopped = root.resolve("stopped");
    int accumulate = options.optimization().accumulate();
    Progress stop = stoppingAfter((batch - 1) / accumulate);
    assertThat(catchThrowable(() -> run(training, network, options, stopped, stop)))
        .isInstanceOf(StoppedException.class);
    assertThat(content(diverged)).isEqualTo(content(stopped));
  }

  private static void run(
      CheckpointTraining training,
      Network network,
      FitOptions options,
      Path folder,
      Progress progress) {
    training.run(network, options, 1, Checkpoints.in(folder), note -> {}, progress);
  }

  /** Writes NaN into the first feature of a row. */
  private static void spoil(Path file, int row) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer header = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      channel.read(header, 0);
      long features = Long.BYTES + header.flip().getLong();
      ByteBuffer nan = ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      channel.write(nan.putFloat(Float.NaN).flip(), features + row * 48L * Float.BYTES);
    }
  }

  private static Progress stoppingAfter(int steps) {
    AtomicInteger made = new AtomicInteger();
    return new Progress() {
      @Override
      public void advanced(Phase phase, long done, long total) {
        made.incrementAndGet();
      }

      @Override
      public boolean stopRequested() {
        return made.get() >= steps;
      }
    };
  }

  /** Returns the state and the bytes of every tensor of the only checkpoint in a folder. */
  private static Map<String, Object> content(Path folder) throws IOException {
    List<Path> files;
    try (Stream<Path> listed = Files.list(folder)) {
      files = listed.filter(file -> file.toString().endsWith(".safetensors")).toList();
    }
    assertThat(files).hasSize(1);
    Map<String, Object> content = new HashMap<>();
    try (SafetensorsFile file = SafetensorsFile.open(files.get(0))) {
      content.put("state", file.metadata().get("state"));
      file.tensors()
          .forEach(
              (name, tensor) -> {
                ByteBuffer bytes = ByteBuffer.allocate((int) tensor.byteCount());
                file.read(name, 0, bytes);
                content.put(name, bytes.flip());
              });
    }
    assertThat(content).hasSizeGreaterThan(6);
    return content;
  }
}
