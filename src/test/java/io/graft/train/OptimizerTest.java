package io.graft.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
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
import io.graft.recipe.Schedule;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.TorchRuntime;
import io.graft.testing.ArrayTensors;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Compares a hundred steps of each optimizer with those of torch.optim on the same batches
 * (make_training.py).
 */
class OptimizerTest {

  private static final int STEPS = 100;
  private static final int ROWS = 16;
  private static final int FEATURES = 12;
  private static final double[] CLASS_WEIGHTS = {0.5, 1, 2, 4};

  /** The network of the fixture, with the layer names of PyTorch's Sequential. */
  private static final Network NETWORK =
      new Network(
          "small",
          new Shape(FEATURES),
          List.of(
              new NamedLayer("0", "0", new Layer.Linear(FEATURES, 8)),
              new NamedLayer("1", "1", new Layer.Tanh()),
              new NamedLayer("2", "2", new Layer.Linear(8, 5)),
              new NamedLayer("3", "3", new Layer.Sigmoid()),
              new NamedLayer("4", "4", new Layer.Linear(5, 4))));

  private final GoldenTensors golden = GoldenTensors.open("/golden/training.safetensors");

  /** A run of the fixture, with its learning rate. */
  private record Run(
      String name, double learningRate, Optimization optimization, boolean weighted) {}

  @BeforeAll
  static void load() {
    TorchRuntime.load();
  }

  static Stream<Named<Run>> runs() {
    Optimizer adamW = new Optimizer.AdamW().withWeightDecay(0.1);
    return Stream.of(
            run("adam", 0.01, new Optimizer.Adam()),
            run("adam_decay", 0.01, new Optimizer.Adam().withWeightDecay(0.05)),
            run("adamw", 0.01, adamW),
            new Run(
                "adamw_cosine",
                0.02,
                new Optimization(adamW, new Schedule.Cosine(3), OptionalDouble.empty(), 1),
                false),
            run("sgd", 0.1, new Optimizer.Sgd()),
            run("sgd_momentum", 0.05, new Optimizer.Sgd(0.9, false, 0.01)),
            run("sgd_nesterov", 0.05, new Optimizer.Sgd(0.9, true, 0.01)),
            new Run(
                "sgd_clipped",
                0.5,
                new Optimization(
                    new Optimizer.Sgd(), new Schedule.Constant(), OptionalDouble.of(0.1), 1),
                false),
            new Run(
                "sgd_accumulated",
                0.1,
                new Optimization(
                    new Optimizer.Sgd(), new Schedule.Constant(), OptionalDouble.empty(), 2),
                false),
            run("rmsprop", 0.005, new Optimizer.RmsProp()),
            run(
                "rmsprop_momentum",
                0.002,
                new Optimizer.RmsProp().withMomentum(0.8).withWeightDecay(0.02)),
            new Run("weighted", 0.01, new Optimization(), true))
        .map(run -> Named.of(run.name(), run));
  }

  private static Run run(String name, double learningRate, Optimizer optimizer) {
    return new Run(
        name,
        learningRate,
        new Optimization(optimizer, new Schedule.Constant(), OptionalDouble.empty(), 1),
        false);
  }

  @ParameterizedTest
  @MethodSource("runs")
  void hundredStepsMatchPyTorchsParametersAndState(Run run) {
    Map<String, float[]> initial = new HashMap<>();
    NETWORK.parameterShapes().keySet().forEach(n -> initial.put(n, golden.floats("initial." + n)));
    try (NDManager manager = NDManager.newBaseManager()) {
      NetworkBlock block =
          NetworkBlock.trainable(NETWORK, new ArrayTensors(NETWORK, initial), manager);
      ClassWeights weights =
          run.weighted()
              ? new ClassWeights.Values(Arrays.stream(CLASS_WEIGHTS).boxed().toList())
              : new ClassWeights.Equal();
      AutogradStep step =
          new AutogradStep(
              block,
              new Loss.CrossEntropy(),
              run.optimization(),
              weights.of(new int[0], CLASS_WEIGHTS.length),
              Optional.empty(),
              manager);
      // An epoch of the fixture has ten steps.
      LearningRates rates =
          new LearningRates(run.optimization().schedule(), run.learningRate(), STEPS / 10, 10);
      int accumulate = run.optimization().accumulate();
      float[] losses = golden.floats(run.name() + ".loss");
      double loss = 0;
      for (int i = 0; i < STEPS; i++) {
        boolean completes = (i + 1) % accumulate == 0;
        loss += batch(step, manager, i, rates.at(i / 10 + 1, i % 10, List.of()), completes);
        if (completes) {
          assertThat(loss / accumulate)
              .as("loss of batch " + i)
              .isCloseTo(losses[i / accumulate], within(1e-5));
          loss = 0;
        }
      }
      initial.keySet().forEach(name -> assertClose(block, run.name(), name));
      assertThat(step.state().steps()).isEqualTo(STEPS / accumulate);
      assertState(step.state(), run.name());
    }
  }

  private double batch(
      TrainingStep step, NDManager manager, int i, double rate, boolean completes) {
    try (NDManager scratch = manager.newSubManager()) {
      int size = ROWS * FEATURES;
      NDArray x =
          scratch.create(
              Arrays.copyOfRange(golden.floats("x"), i * size, (i + 1) * size),
              new Shape(ROWS, FEATURES));
      NDArray y = scratch.create(Arrays.copyOfRange(golden.longs("y"), i * ROWS, (i + 1) * ROWS));
      return TrainingStep.Outcome.of(step.run(x, y, rate, completes).toDoubleArray()).loss();
    }
  }

  private void assertClose(NetworkBlock block, String run, String name) {
    assertClose(
        block.getParameters().get(name).getArray().toFloatArray(),
        golden.floats(run + "." + name),
        name);
  }

  private void assertState(TrainingStep.OptimizerState state, String run) {
    List<String> slots =
        golden.names().stream()
            .filter(name -> name.startsWith(run + ".state."))
            .map(name -> name.substring((run + ".state.").length()))
            .toList();
    assertThat(state.arrays().keySet())
        .containsExactlyInAnyOrderElementsOf(
            slots.stream()
                .flatMap(
                    slot -> NETWORK.parameterShapes().keySet().stream().map(n -> slot + "." + n))
                .toList());
    for (String slot : slots) {
      assertClose(
          state.arrays().get(slot + ".0.weight").toFloatArray(),
          golden.floats(run + ".state." + slot),
          slot);
    }
  }

  private static void assertClose(float[] actual, float[] expected, String name) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i]).as(name + " " + i).isCloseTo(expected[i], within(1e-5f));
    }
  }

  @Test
  void refusesInvalidSettingsAndNamesTheirValue() {
    refuses(() -> new Optimizer.Sgd(1, false, 0), "momentum is 1.0");
    refuses(() -> new Optimizer.Sgd(0, true, 0), "Nesterov needs a momentum");
    refuses(() -> new Optimizer.Adam(-0.1, 0.9, 1e-8, 0), "beta1 is -0.1");
    refuses(() -> new Optimizer.AdamW(0.9, Double.NaN, 1e-8, 0), "beta2 is NaN");
    refuses(() -> new Optimizer.RmsProp().withWeightDecay(-1), "weight decay is -1.0");
    refuses(() -> FitOptions.defaults().withClipNorm(0), "Clip norm is 0.0");
    refuses(() -> FitOptions.defaults().withAccumulate(0), "Accumulate is 0");
  }

  private static void refuses(Runnable action, String message) {
    assertThatThrownBy(action::run)
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining(message);
  }
}
