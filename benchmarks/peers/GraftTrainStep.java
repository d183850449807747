package io.graft.benchmarks;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.graft.features.FeatureStore;
import io.graft.nn.FreezeBoundary;
import io.graft.nn.Head;
import io.graft.nn.HiddenLayers;
import io.graft.nn.Network;
import io.graft.nn.NetworkBlock;
import io.graft.nn.RandomWeights;
import io.graft.recipe.FitOptions;
import io.graft.runtime.Progress;
import io.graft.runtime.TorchRuntime;
import io.graft.train.TrainingLoop;
import io.graft.zoo.Zoo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Measures one step of Graft's training loop on a feature file. */
public final class GraftTrainStep {

  private static final int CLASSES = 10;

  private GraftTrainStep() {}

  /** Arguments: a feature file of VGG16's block5_pool, and the number of epochs. */
  public static void main(String[] arguments) {
    FitOptions options = FitOptions.defaults().withEpochs(Integer.parseInt(arguments[1]));
    TorchRuntime.loadCpuOnly();
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        FeatureStore rows = FeatureStore.open(Path.of(arguments[0]))) {
      FreezeBoundary boundary =
          Head.FLATTEN.attach(Zoo.find("vgg16").network(), HiddenLayers.NONE, CLASSES);
      Network trainable = boundary.trainable();
      NetworkBlock head =
          NetworkBlock.trainable(trainable, RandomWeights.glorotUniform(trainable, 1), manager);
      int steps = (rows.rows() + options.batchSize() - 1) / options.batchSize();
      List<Double> milliseconds = new ArrayList<>();
      long[] start = {System.nanoTime()};
      new TrainingLoop(head, manager, options)
          .run(
              rows,
              Optional.empty(),
              Progress.NONE,
              epoch -> {
                long now = System.nanoTime();
                milliseconds.add((now - start[0]) / 1e6 / steps);
                start[0] = now;
              });
      List<Double> counted = milliseconds.stream().skip(1).sorted().toList();
      System.out.printf(
          Locale.ROOT, "{\"milliseconds_per_step\": %.4f}%n", counted.get(counted.size() / 2));
    }
  }
}
