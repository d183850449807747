package io.graft.train;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.graft.features.FeatureStore;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import io.graft.nn.NetworkBlock;
import io.graft.nn.RandomWeights;
import io.graft.recipe.FitOptions;
import io.graft.recipe.OptionsJson;
import io.graft.runtime.Progress;
import io.graft.tensors.SafetensorsWriter;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorType;
import io.graft.testing.Notes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;

/** A training on random rows, with or without checkpoints. It takes milliseconds. */
final class CheckpointTraining {

  static final int ROWS = 38;
  private static final int CLASSES = 3;
  private static final Shape ROW = new Shape(3, 4, 4);

  /** Trained by {@link FusedLinearStep}. */
  static final Network LINEAR = network(new Layer.Flatten(), new Layer.Linear(48, CLASSES));

  /** Has running statistics and dropout, which change with every batch. */
  static final Network DEEP =
      network(
          new Layer.Conv2d(3, 5, 3, 1, 1),
          new Layer.BatchNorm2d(5, 1e-5f, 0.9f),
          new Layer.Relu(),
          new Layer.MaxPool2d(2, 2),
          new Layer.Flatten(),
          new Layer.Dropout(0.3f),
          new Layer.Linear(20, CLASSES));

  /** Returns the fingerprint of a training with these options. */
  static Fingerprint fingerprint(FitOptions options) {
    return new Fingerprint(
        Map.of("seed", "1", "stages", OptionsJson.of(options).get("stages").toString()),
        Map.of("training data", "a"),
        Map.of("backbone", "b"),
        Map.of());
  }

  private final Path train;
  private final Path validation;

  /** The result of a training; {@code digest} covers the bits of every parameter. */
  record Outcome(String digest, List<EpochMetrics> history, int epoch, double validationLoss) {}

  CheckpointTraining(Path folder) throws IOException {
    train = folder.resolve("train.safetensors");
    validation = folder.resolve("validation.safetensors");
    write(train, 1, ROWS);
    write(validation, 2, 17);
  }

  private static Network network(Layer... layers) {
    List<NamedLayer> named = new ArrayList<>();
    for (Layer layer : layers) {
      named.add(new NamedLayer("l" + named.size(), "l" + named.size(), layer));
    }
    return new Network("small", ROW, named);
  }

  private static void write(Path file, int seed, int rows) throws IOException {
    Random random = new Random(seed);
    ByteBuffer features =
        ByteBuffer.allocate(rows * (int) ROW.size() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer labels = ByteBuffer.allocate(rows * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int row = 0; row < rows; row++) {
      int label = random.nextInt(CLASSES);
      labels.putLong(label);
      for (int i = 0; i < ROW.size(); i++) {
        features.putFloat((float) random.nextGaussian() + (i % CLASSES == label ? 0.5f : 0));
      }
    }
    Map<TensorInfo, ByteBuffer> tensors = new LinkedHashMap<>();
    tensors.put(
        new TensorInfo("features", TensorType.F32, List.of((long) rows, 3L, 4L, 4L)),
        features.flip());
    tensors.put(new TensorInfo("labels", TensorType.I64, List.of((long) rows)), labels.flip());
    SafetensorsWriter.write(file, Map.of(), tensors);
  }

  /** Trains to the end without checkpoints. */
  Outcome uninterrupted(Network network, FitOptions options) {
    return run(network, options, 1, Optional.empty(), Progress.NONE, metrics -> {});
  }

  /**
   * Trains with checkpoints.
   *
   * @param initial the seed of the initial parameters, which a resume replaces
   */
  Outcome run(
      Network network,
      FitOptions options,
      long initial,
      Checkpoints checkpoints,
      Consumer<String> note,
      Progress progress) {
    return run(network, options, initial, checkpoints, note, progress, metrics -> {});
  }

  /** Trains with checkpoints and reports the metrics of every epoch. */
  Outcome run(
      Network network,
      FitOptions options,
      long initial,
      Checkpoints checkpoints,
      Consumer<String> note,
      Progress progress,
      Consumer<EpochMetrics> epochEnded) {
    CheckpointFolder folder = open(checkpoints, options, note);
    folder.begin();
    return run(network, options, initial, Optional.of(folder), progress, epochEnded);
  }

  /** Opens the folder of a training with these options and checks its whole fingerprint. */
  static CheckpointFolder open(Checkpoints checkpoints, FitOptions options, Consumer<String> note) {
    CheckpointFolder folder = new CheckpointFolder(checkpoints, options, Notes.to(note));
    folder.check(fingerprint(options));
    return folder;
  }

  private Outcome run(
      Network network,
      FitOptions options,
      long initial,
      Optional<CheckpointFolder> folder,
      Progress progress,
      Consumer<EpochMetrics> epochEnded) {
    try (NDManager manager = NDManager.newBaseManager();
        FeatureStore rows = FeatureStore.open(train);
        FeatureStore validated = FeatureStore.open(validation)) {
      NetworkBlock block =
          NetworkBlock.trainable(network, RandomWeights.glorotUniform(network, initial), manager);
      TrainingLoop.Result result =
          new TrainingLoop(block, manager, options, 0, List.of(), folder)
              .run(rows, Optional.of(validated), progress, epochEnded);
      return new Outcome(
          block.parameterDigest(),
          result.history(),
          result.epoch(),
          result.evaluation().orElseThrow().loss());
    }
  }

  /** Returns a listener that requests a stop at the nth query. */
  static Progress stopAt(int nth) {
    int[] queries = {0};
    return new Progress() {
      @Override
      public boolean stopRequested() {
        return ++queries[0] == nth;
      }
    };
  }
}
