package io.graft.benchmarks;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.graft.features.FeatureStore;
import io.graft.nn.FreezeBoundary;
import io.graft.nn.Head;
import io.graft.nn.HiddenLayers;
import io.graft.nn.Network;
import io.graft.nn.NetworkBlock;
import io.graft.nn.Precision;
import io.graft.nn.RandomWeights;
import io.graft.nn.Unfreeze;
import io.graft.recipe.FitOptions;
import io.graft.recipe.LearningRate;
import io.graft.recipe.Stage;
import io.graft.runtime.Progress;
import io.graft.runtime.TorchRuntime;
import io.graft.train.TrainingLoop;
import io.graft.zoo.Zoo;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Measures Graft's training loop on a feature file, without validation. */
public final class GraftFineTune {

  private static final int CLASSES = 10;

  private GraftFineTune() {}

  /**
   * Arguments: {@code block5} or {@code whole}, a feature file, the number of epochs, {@code cpu}
   * or {@code cuda}, and the precision. The rows of {@code whole} are normalised images.
   */
  public static void main(String[] arguments) {
    boolean whole = arguments[0].equals("whole");
    Device device = arguments[3].equals("cpu") ? Device.cpu() : Device.gpu(0);
    if (device.isGpu()) {
      TorchRuntime.load();
    } else {
      TorchRuntime.loadCpuOnly();
    }
    try (NDManager manager = NDManager.newBaseManager(device, "PyTorch");
        FeatureStore rows = FeatureStore.open(Path.of(arguments[1]))) {
      FreezeBoundary boundary =
          whole
              ? Head.POOL
                  .attach(
                      Zoo.own("vgg16_bn", 0.25, (int) rows.rowShape().get(1)).network(),
                      HiddenLayers.NONE,
                      CLASSES)
                  .unfreeze(Unfreeze.ALL)
              : Head.FLATTEN
                  .attach(Zoo.find("vgg16").network(), HiddenLayers.NONE, CLASSES)
                  .unfreeze(new Unfreeze("block5"));
      Network trained = boundary.trainable();
      NetworkBlock block =
          NetworkBlock.trainable(trained, RandomWeights.kaimingUniform(trained, 1), manager);
      int epochs = Integer.parseInt(arguments[2]);
      FitOptions options =
          FitOptions.defaults()
              .withStages(
                  List.of(
                      new Stage(
                          whole ? Unfreeze.ALL : new Unfreeze("block5"),
                          epochs,
                          new LearningRate.Fixed(0.0001))))
              .withTrainPrecision(Precision.valueOf(arguments[4].toUpperCase(Locale.ROOT)));
      List<Double> rates = new ArrayList<>();
      List<Double> milliseconds = new ArrayList<>();
      long[] start = {System.nanoTime(), processorNanoseconds()};
      new TrainingLoop(block, manager, options)
          .run(
              rows,
              Optional.empty(),
              Progress.NONE,
              epoch -> {
                long now = System.nanoTime();
                long used = processorNanoseconds();
                rates.add(rows.rows() / ((now - start[0]) / 1e9));
                milliseconds.add((used - start[1]) / 1e6 / rows.rows());
                start[0] = now;
                start[1] = used;
              });
      System.out.printf(
          Locale.ROOT,
          "{\"rows_per_second\": %.3f, \"processor_milliseconds_per_row\": %.3f}%n",
          median(rates),
          median(milliseconds));
    }
  }

  private static long processorNanoseconds() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  /** Returns the median without the first epoch, which warms up. */
  private static double median(List<Double> values) {
    List<Double> counted = values.stream().skip(1).sorted().toList();
    return counted.get(counted.size() / 2);
  }
}
