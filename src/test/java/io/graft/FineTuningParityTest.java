package io.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.graft.nn.Head;
import io.graft.nn.Precision;
import io.graft.nn.Unfreeze;
import io.graft.recipe.FitOptions;
import io.graft.recipe.Optimizer;
import io.graft.recipe.Stage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Compares layers trained after a freeze boundary with PyTorch's end-to-end training of the same
 * layers on the same batches (make_finetuning.py).
 */
class FineTuningParityTest {

  private static final GoldenTensors EXPECTED =
      GoldenTensors.open("/golden/finetuning.safetensors");

  @TempDir static Path root;

  @BeforeAll
  static void draw() throws IOException {
    FineTuning.draw(root.resolve("images"));
  }

  static Stream<Arguments> runs() {
    FitOptions options = FineTuning.options().withLearningRate(0.001);
    FitOptions pool = options.withHead(Head.POOL);
    return Stream.of(
        Arguments.of("block5", "vgg16", options.withUnfreeze(new Unfreeze("block5"))),
        Arguments.of(
            "block4",
            "vgg11",
            pool.withUnfreeze(new Unfreeze("block4"))
                .withOptimizer(new Optimizer.AdamW().withWeightDecay(0.05))
                .withBlockDecay(0.3)),
        Arguments.of(
            "input",
            "vgg11_bn",
            pool.withUnfreeze(Unfreeze.ALL)
                .withOptimizer(new Optimizer.Sgd(0.9, true, 0.01))
                .withLearningRate(0.001)),
        Arguments.of("above_normalisation", "vgg11_bn", aboveNormalisation()),
        Arguments.of(
            "stages",
            "vgg11",
            pool.withStages(
                List.of(
                    new Stage(Unfreeze.NONE, 2, 0.01),
                    new Stage(new Unfreeze("block5"), 2, 0.0001)))));
  }

  private static FitOptions aboveNormalisation() {
    return FineTuning.options()
        .withHead(Head.POOL)
        .withUnfreeze(new Unfreeze("block5"))
        .withOptimizer(new Optimizer.Sgd())
        .withLearningRate(0.005);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("runs")
  void twentyStepsMatchPyTorch(String run, String network, FitOptions options) throws IOException {
    Map<String, float[]> trained = train(run, network, options);

    assertThat(trained.keySet()).isEqualTo(namesOf(run));
    trained.forEach(
        (name, values) ->
            assertThat(values)
                .as(name)
                .containsExactly(EXPECTED.floats(run + "." + name), within(1e-4f)));
  }

  /**
   * The order of sums changes their rounding, and the differences grow with each step. PyTorch's
   * own autocast in channels-last ends at a sixth of fp32's distance. Code that does not round
   * products, or that rounds sums, ends as far away as fp32.
   */
  @Test
  void mixedPrecisionRoundsLikeAutocast() throws IOException {
    Map<String, float[]> mixed =
        train("mixed", "vgg11_bn", aboveNormalisation().withTrainPrecision(Precision.BF16));

    assertThat(mixed.keySet()).isEqualTo(namesOf("mixed"));
    assertThat(distance(mixed::get, "mixed"))
        .isPositive()
        .isLessThan(distance(name -> EXPECTED.floats("above_normalisation." + name), "mixed") / 2);
    assertThat(isRounded(mixed.get("features.22.weight"))).as("kept in bfloat16").isFalse();
  }

  /** Returns whether each value is a bfloat16. */
  private static boolean isRounded(float[] values) {
    return IntStream.range(0, values.length)
        .allMatch(i -> (Float.floatToRawIntBits(values[i]) & 0xffff) == 0);
  }

  private static double distance(Function<String, float[]> parameters, String run) {
    double sum = 0;
    for (String name : namesOf(run)) {
      float[] some = parameters.apply(name);
      float[] others = EXPECTED.floats(run + "." + name);
      for (int i = 0; i < some.length; i++) {
        double difference = some[i] - others[i];
        sum += difference * difference;
      }
    }
    return Math.sqrt(sum);
  }

  private static Map<String, float[]> train(String run, String network, FitOptions options)
      throws IOException {
    Path out = root.resolve(run);
    try (TransferLearner learner =
        TransferLearner.of(FineTuning.backbone(network), FineTuning.learning())) {
      Fit fit = learner.fit(FineTuning.open(root.resolve("images")), options);
      float[] losses = EXPECTED.floats(run + ".loss");
      assertThat(fit.history()).hasSize(losses.length);
      for (int epoch = 0; epoch < losses.length; epoch++) {
        assertThat(fit.history().get(epoch).trainLoss())
            .isCloseTo(
                losses[epoch],
                within(options.optimization().precision() == Precision.FP32 ? 1e-4 : 0.01));
      }
      fit.model().save(out);
    }
    return FineTuning.parameters(out);
  }

  private static Set<String> namesOf(String run) {
    return EXPECTED.names().stream()
        .filter(name -> name.startsWith(run + ".") && !name.endsWith(".loss"))
        .map(name -> name.substring(run.length() + 1))
        .collect(Collectors.toSet());
  }
}
