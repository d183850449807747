package io.graft.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonObject;
import io.graft.GoldenTensors;
import io.graft.data.OnBadImage;
import io.graft.features.FeatureStore;
import io.graft.nn.Head;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import io.graft.nn.NetworkBlock;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.TorchRuntime;
import io.graft.testing.ArrayTensors;
import io.graft.testing.Fixtures;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Training against a loop in PyTorch on the same rows; the fixtures' generator is make_fit.py. */
class TrainingLoopTest {

  private static final Network LINEAR =
      new Network(
          "head", new Shape(6), List.of(new NamedLayer("head", "head", new Layer.Linear(6, 3))));

  private static final FitOptions OPTIONS =
      FitOptions.defaults().withEpochs(12).withBatchSize(64).withLearningRate(0.05);

  private final GoldenTensors expected = GoldenTensors.open("/golden/fit_expected.safetensors");

  /** What a run leaves behind. */
  private record Run(
      List<EpochMetrics> history,
      List<EpochMetrics> told,
      double lastLoss,
      List<Float> weight,
      List<Float> bias) {}

  @BeforeAll
  static void load() {
    TorchRuntime.load();
  }

  private Run train(FitOptions options) {
    try (NDManager manager = NDManager.newBaseManager();
        FeatureStore train = FeatureStore.open(Fixtures.path("fit_train.safetensors"));
        FeatureStore validation = FeatureStore.open(Fixtures.path("fit_validation.safetensors"))) {
      NetworkBlock head =
          NetworkBlock.trainable(
              LINEAR,
              new ArrayTensors(
                  LINEAR,
                  Map.of(
                      "head.weight", expected.floats("initial_weight"),
                      "head.bias", expected.floats("initial_bias"))),
              manager);
      List<EpochMetrics> told = new ArrayList<>();
      TrainingLoop.Result result =
          new TrainingLoop(head, manager, options).run(train, Optional.of(validation), told::add);
      return new Run(
          result.history(),
          told,
          result.validation().orElseThrow().loss(),
          list(head, "head.weight"),
          list(head, "head.bias"));
    }
  }

  @Test
  void twelveEpochsGivePyTorchsHistoryAndParameters() {
    Run run = train(OPTIONS);
    assertThat(run.history()).hasSize(12).isEqualTo(run.told());
    for (int i = 0; i < 12; i++) {
      EpochMetrics epoch = run.history().get(i);
      assertThat(epoch.epoch()).isEqualTo(i + 1);
      close(epoch.trainLoss(), "train_loss", i);
      close(epoch.trainTop1(), "train_top1", i);
      close(epoch.validationLoss().orElseThrow(), "validation_loss", i);
      close(epoch.validationTop1().orElseThrow(), "validation_top1", i);
    }
    assertThat(run.lastLoss()).isEqualTo(run.history().get(11).validationLoss().orElseThrow());
    for (int i = 0; i < 18; i++) {
      assertThat(run.weight().get(i)).isCloseTo(expected.floats("weight")[i], within(1e-5f));
    }
    for (int i = 0; i < 3; i++) {
      assertThat(run.bias().get(i)).isCloseTo(expected.floats("bias")[i], within(1e-5f));
    }
  }

  private void close(double actual, String name, int epoch) {
    assertThat(actual).as(name + " " + epoch).isCloseTo(expected.floats(name)[epoch], within(1e-5));
  }

  /**
   * With a step too small to change a float32, an epoch's loss is that of the initial parameters.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 7, 16, 32, 49, 50})
  void everyRowCountsOnceAlsoInAPartialLastBatch(int batchSize) {
    Run run = train(OPTIONS.withLearningRate(1e-30).withBatchSize(batchSize).withEpochs(2));
    for (EpochMetrics epoch : run.history()) {
      close(epoch.trainLoss(), "train_loss", 0);
      close(epoch.trainTop1(), "train_top1", 0);
    }
  }

  @Test
  void theSameSeedGivesTheSameBitsAndAnotherSeedOthers() {
    FitOptions shuffled = OPTIONS.withBatchSize(8).withEpochs(3);
    Run first = train(shuffled);
    assertThat(train(shuffled)).isEqualTo(first);
    Run other = train(shuffled.withSeed(43));
    assertThat(other.weight()).isNotEqualTo(first.weight());
    assertThat(other.history()).isNotEqualTo(first.history());
  }

  @Test
  void eachEpochHasAnOrderOfItsOwn() {
    // One batch of one row a step: the parameters show which order the rows came in.
    Run once = train(OPTIONS.withBatchSize(1).withEpochs(1));
    Run twice = train(OPTIONS.withBatchSize(1).withEpochs(2));
    assertThat(twice.history().get(0)).isEqualTo(once.history().get(0));
    assertThat(twice.weight()).isNotEqualTo(once.weight());
  }

  @Test
  void withoutValidationRowsThereAreNoValidationNumbers() {
    try (NDManager manager = NDManager.newBaseManager();
        FeatureStore train = FeatureStore.open(Fixtures.path("fit_train.safetensors"))) {
      NetworkBlock head =
          NetworkBlock.trainable(
              LINEAR,
              new ArrayTensors(
                  LINEAR, Map.of("head.weight", new float[18], "head.bias", new float[3])),
              manager);
      TrainingLoop.Result result =
          new TrainingLoop(head, manager, OPTIONS.withEpochs(1))
              .run(train, Optional.empty(), metrics -> {});
      assertThat(result.validation()).isEmpty();
      EpochMetrics epoch = result.history().get(0);
      assertThat(epoch.validationLoss()).isEmpty();
      // Zero parameters give every class the same probability, and gradients that sum to zero.
      assertThat(epoch.trainLoss()).isCloseTo(Math.log(3), within(1e-6));
      assertThat(list(head, "head.weight")).doesNotContain(0f);
    }
  }

  @Test
  void aLossThatIsNoLongerFiniteEndsTheRun() {
    assertThatThrownBy(() -> train(OPTIONS.withLearningRate(1e38)))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContainingAll("learning rate of 1.0E38", "a tenth of it");
  }

  @Test
  void optionsThatMeanNothingAreRefusedWithTheirValue() {
    FitOptions defaults = FitOptions.defaults();
    assertThat(defaults)
        .isEqualTo(new FitOptions(Head.FLATTEN, 10, 32, 0.001, 42, OnBadImage.SKIP, false));
    for (double rate : new double[] {0, -0.1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThatThrownBy(() -> defaults.withLearningRate(rate))
          .isInstanceOf(InvalidOptionException.class)
          .hasMessageContainingAll("Learning rate is " + rate, "0.001");
    }
    for (int count : new int[] {0, -1}) {
      assertThatThrownBy(() -> defaults.withEpochs(count))
          .isInstanceOf(InvalidOptionException.class)
          .hasMessageContaining("Epochs is " + count);
      assertThatThrownBy(() -> defaults.withBatchSize(count))
          .isInstanceOf(InvalidOptionException.class)
          .hasMessageContaining("Batch size is " + count);
    }
    assertThat(
            defaults
                .withHead(Head.FC)
                .withOnBadImage(OnBadImage.FAIL)
                .withSeed(7)
                .withCalibrate(true))
        .isEqualTo(new FitOptions(Head.FC, 10, 32, 0.001, 7, OnBadImage.FAIL, true));
  }

  @Test
  void historyIsJsonWithNullForWhatThereIsNot() {
    List<EpochMetrics> history =
        List.of(
            new EpochMetrics(1, 1.5, 0.25, OptionalDouble.of(2), OptionalDouble.of(0.5)),
            new EpochMetrics(2, 1, 0.5, OptionalDouble.empty(), OptionalDouble.empty()),
            new EpochMetrics(3, 1, 0.5, OptionalDouble.of(Double.NaN), OptionalDouble.of(0)));
    JsonObject first = HistoryJson.of(history).get(0).getAsJsonObject();
    assertThat(first.keySet())
        .containsExactly("epoch", "train_loss", "train_top1", "validation_loss", "validation_top1");
    assertThat(first.get("validation_loss").getAsDouble()).isEqualTo(2);
    for (int i = 1; i < 3; i++) {
      JsonObject epoch = HistoryJson.of(history).get(i).getAsJsonObject();
      assertThat(epoch.get("validation_loss").isJsonNull()).isTrue();
    }
  }

  private static List<Float> list(NetworkBlock block, String name) {
    List<Float> values = new ArrayList<>();
    for (float value : block.getParameters().get(name).getArray().toFloatArray()) {
      values.add(value);
    }
    return values;
  }
}
