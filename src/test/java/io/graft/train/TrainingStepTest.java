package io.graft.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.graft.GoldenTensors;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import io.graft.nn.NetworkBlock;
import io.graft.recipe.ClassWeights;
import io.graft.recipe.FitOptions;
import io.graft.recipe.Loss;
import io.graft.recipe.Optimization;
import io.graft.recipe.Optimizer;
import io.graft.recipe.Sampling;
import io.graft.recipe.Schedule;
import io.graft.runtime.TorchRuntime;
import io.graft.testing.ArrayTensors;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares both training steps with torch.optim.Adam, step by step (make_adam.py). */
class TrainingStepTest {

  private static final int FEATURES = 40;
  private static final int CLASSES = 5;
  private static final int ROWS = 16;

  /** Creates a training step for a block. */
  private interface StepFactory {
    TrainingStep of(NetworkBlock block, NDManager manager);
  }

  static Stream<Named<StepFactory>> factories() {
    Optimizer.Adam adam = new Optimizer.Adam();
    return Stream.of(
        Named.of("autograd", TrainingStepTest::autograd),
        Named.of("fused", (block, manager) -> new FusedLinearStep(block, adam, manager)));
  }

  private static TrainingStep autograd(NetworkBlock block, NDManager manager) {
    int classes = (int) block.network().outputShape().size();
    return new AutogradStep(
        block,
        new Loss.CrossEntropy(),
        new Optimization(),
        new ClassWeights.Equal().of(new int[0], classes),
        Optional.empty(),
        manager);
  }

  @ParameterizedTest
  @MethodSource("factories")
  void hundredStepsMatchPyTorchsParametersAndLosses(StepFactory factory) {
    TorchRuntime.load();
    GoldenTensors golden = GoldenTensors.open("/golden/adam_steps.safetensors");
    Network network =
        new Network(
            "linear",
            new Shape(FEATURES),
            List.of(new NamedLayer("head", "head", new Layer.Linear(FEATURES, CLASSES))));
    try (NDManager manager = NDManager.newBaseManager()) {
      NetworkBlock block =
          NetworkBlock.trainable(
              network,
              new ArrayTensors(
                  network,
                  Map.of(
                      "head.weight", golden.floats("initial_weight"),
                      "head.bias", golden.floats("initial_bias"))),
              manager);
      TrainingStep training = factory.of(block, manager);
      float[] inputs = golden.floats("x");
      long[] labels = golden.longs("y");
      float[] losses = golden.floats("loss");
      for (int step = 1; step <= 100; step++) {
        double loss = loss(training, manager, inputs, labels, step - 1);
        assertThat(loss).as("loss of step " + step).isCloseTo(losses[step - 1], within(1e-5));
        if (step == 1 || step == 10 || step == 100) {
          assertClose(block, "head.weight", golden.floats("weight." + step));
          assertClose(block, "head.bias", golden.floats("bias." + step));
        }
      }
    }
  }

  private static double loss(
      TrainingStep training, NDManager manager, float[] inputs, long[] labels, int step) {
    try (NDManager scratch = manager.newSubManager()) {
      NDArray x =
          scratch.create(
              Arrays.copyOfRange(inputs, step * ROWS * FEATURES, (step + 1) * ROWS * FEATURES),
              new Shape(ROWS, FEATURES));
      NDArray y = scratch.create(Arrays.copyOfRange(labels, step * ROWS, (step + 1) * ROWS));
      return TrainingStep.Outcome.of(training.run(x, y, 0.001, true).toDoubleArray()).loss();
    }
  }

  @Test
  void fusesOnlyALinearLayerWithPlainOptions() {
    NamedLayer linear = new NamedLayer("fc", "fc", new Layer.Linear(8, 3));
    NamedLayer flatten = new NamedLayer("flatten", "flatten", new Layer.Flatten());
    NamedLayer relu = new NamedLayer("relu", "relu", new Layer.Relu());
    FitOptions plain = FitOptions.defaults();
    assertThat(fits(plain, linear)).isTrue();
    assertThat(fits(plain, flatten, linear)).isTrue();
    assertThat(fits(plain.withSchedule(new Schedule.OneCycle()), linear)).isTrue();
    assertThat(fits(plain.withSampling(Sampling.BALANCED), linear)).isTrue();
    assertThat(fits(plain, relu, linear)).isFalse();
    assertThat(fits(plain, flatten)).isFalse();
    assertThat(fits(plain, flatten, relu, linear)).isFalse();
    for (FitOptions other :
        List.of(
            plain.withOptimizer(new Optimizer.AdamW()),
            plain.withOptimizer(new Optimizer.Adam().withWeightDecay(0.1)),
            plain.withLoss(new Loss.CrossEntropy(0.1)),
            plain.withLoss(new Loss.Focal()),
            plain.withClassWeights(new ClassWeights.Balanced()),
            plain.withClipNorm(1),
            plain.withAccumulate(2))) {
      assertThat(fits(other, linear)).as(other.toString()).isFalse();
    }
  }

  private static boolean fits(FitOptions options, NamedLayer... layers) {
    return FusedLinearStep.fits(new Network("n", new Shape(8), List.of(layers)), options);
  }

  @ParameterizedTest
  @MethodSource("factories")
  void nanLossChangesNoParameter(StepFactory factory) {
    TorchRuntime.load();
    Network network =
        new Network(
            "linear",
            new Shape(2),
            List.of(new NamedLayer("head", "head", new Layer.Linear(2, 2))));
    try (NDManager manager = NDManager.newBaseManager()) {
      NetworkBlock block =
          NetworkBlock.trainable(
              network,
              new ArrayTensors(
                  network,
                  Map.of("head.weight", new float[] {1, 2, 3, 4}, "head.bias", new float[2])),
              manager);
      TrainingStep training = factory.of(block, manager);
      NDArray rows = manager.create(new float[] {Float.NaN, 1}, new Shape(1, 2));
      assertThat(training.run(rows, manager.create(new long[] {0}), 0.1, true).toDoubleArray()[0])
          .isNaN();
      assertThat(block.getParameters().get("head.weight").getArray().toFloatArray())
          .containsExactly(1, 2, 3, 4);
    }
  }

  private static void assertClose(NetworkBlock block, String name, float[] expected) {
    float[] actual = block.getParameters().get(name).getArray().toFloatArray();
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i]).as(name + " " + i).isCloseTo(expected[i], within(1e-5f));
    }
  }
}
