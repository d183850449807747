package io.graft.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.graft.GoldenTensors;
import io.graft.data.LabelSets;
import io.graft.eval.MultiLabelEvaluation;
import io.graft.features.FeatureStore;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import io.graft.nn.NetworkBlock;
import io.graft.recipe.ClassWeights;
import io.graft.recipe.FitData;
import io.graft.recipe.FitOptions;
import io.graft.recipe.Loss;
import io.graft.recipe.Sampling;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Progress;
import io.graft.runtime.TorchRuntime;
import io.graft.testing.ArrayTensors;
import io.graft.testing.Fixtures;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Compares training on multi-label rows with PyTorch (make_fit.py). */
class MultiLabelTrainingTest {

  private static final Network LINEAR =
      new Network(
          "head", new Shape(6), List.of(new NamedLayer("head", "head", new Layer.Linear(6, 3))));

  /** The label sets of make_fit.py. */
  private static final LabelSets SETS =
      LabelSets.multiLabel(3, List.of(List.of(0), List.of(0, 2), List.of()));

  private static final FitOptions OPTIONS =
      FitOptions.defaults()
          .withEpochs(12)
          .withBatchSize(64)
          .withLearningRate(0.05)
          .withLoss(new Loss.BinaryCrossEntropy());

  private final GoldenTensors expected = GoldenTensors.open("/golden/fit_expected.safetensors");

  @BeforeAll
  static void load() {
    TorchRuntime.load();
  }

  @SuppressWarnings("ArrayRecordComponent") // Nobody compares runs.
  private record Run(TrainingLoop.Result result, float[] weight, float[] bias) {}

  private Run train(FitOptions options) {
    try (NDManager manager = NDManager.newBaseManager();
        FeatureStore train = open("fit_train.safetensors");
        FeatureStore validation = open("fit_validation.safetensors")) {
      Map<String, float[]> initial =
          Map.of(
              "head.weight", expected.floats("initial_weight"),
              "head.bias", expected.floats("initial_bias"));
      NetworkBlock head =
          NetworkBlock.trainable(LINEAR, new ArrayTensors(LINEAR, initial), manager);
      TrainingLoop.Result result =
          new TrainingLoop(head, manager, options)
              .run(train, Optional.of(validation), Progress.NONE, metrics -> {});
      return new Run(
          result,
          head.getParameters().get("head.weight").getArray().toFloatArray(),
          head.getParameters().get("head.bias").getArray().toFloatArray());
    }
  }

  private static FeatureStore open(String file) {
    return FeatureStore.open(Fixtures.path(file)).withLabelSets(SETS);
  }

  @Test
  void twelveEpochsMatchPyTorchsHistoryAndParameters() {
    Run run = train(OPTIONS);
    assertThat(run.result().history()).hasSize(12);
    assertThat(run.result().evaluation()).get().isInstanceOf(MultiLabelEvaluation.class);
    for (int i = 0; i < 12; i++) {
      EpochMetrics epoch = run.result().history().get(i);
      close(epoch.trainLoss(), "train_loss", i);
      close(epoch.trainTop1(), "train_top1", i);
      close(epoch.validationLoss().orElseThrow(), "validation_loss", i);
      close(epoch.validationTop1().orElseThrow(), "validation_top1", i);
    }
    assertThat(run.weight()).containsExactly(expected.floats("multi_label.weight"), within(1e-5f));
    assertThat(run.bias()).containsExactly(expected.floats("multi_label.bias"), within(1e-5f));
  }

  private void close(double actual, String name, int epoch) {
    assertThat(actual)
        .as(name + " " + epoch)
        .isCloseTo(expected.floats("multi_label." + name)[epoch], within(1e-5));
  }

  @Test
  void earlyStoppingKeepsTheBestEpoch() {
    Run run = train(OPTIONS.withEarlyStopping(1));
    assertThat(run.result().epoch()).isEqualTo(12);
    assertThat(run.result().evaluation()).get().isInstanceOf(MultiLabelEvaluation.class);
  }

  @Test
  void refusesSingleLabelOptions() {
    List<FitOptions> refused =
        List.of(
            OPTIONS.withLoss(new Loss.CrossEntropy()),
            OPTIONS.withLoss(new Loss.MeanSquaredError()),
            OPTIONS.withLoss(new Loss.Focal()),
            OPTIONS.withClassWeights(new ClassWeights.Balanced()),
            OPTIONS.withSampling(Sampling.BALANCED),
            OPTIONS.withClassWeights(new ClassWeights.Values(List.of(1.0, 2.0, 1.0))));
    for (FitOptions options : refused) {
      assertThatThrownBy(() -> train(options))
          .isInstanceOf(InvalidOptionException.class)
          .hasMessageContaining("these images are multi-label");
      assertThatCode(() -> new FitData(3, false, true).requireUsable(options))
          .doesNotThrowAnyException();
    }
    assertThatThrownBy(() -> train(refused.get(0)))
        .hasMessageContainingAll(
            "The loss is cross-entropy", "Choose the loss binary-cross-entropy");
  }

  @Test
  void fittingThresholdsNeedsMultiLabelValidationImages() {
    FitOptions fitting = OPTIONS.withFitThresholds(true);
    assertThatThrownBy(() -> new FitData(3, false, true).requireUsable(fitting))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("these have one label each");
    assertThatThrownBy(() -> new FitData(3, true, false).requireUsable(fitting))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("needs validation images");
  }
}
