package io.graft.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonObject;
import io.graft.GoldenTensors;
import io.graft.data.OnBadImage;
import io.graft.data.Views;
import io.graft.features.FeatureStore;
import io.graft.nn.Head;
import io.graft.nn.HiddenLayers;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import io.graft.nn.NetworkBlock;
import io.graft.nn.Unfreeze;
import io.graft.recipe.ClassWeights;
import io.graft.recipe.FitData;
import io.graft.recipe.FitOptions;
import io.graft.recipe.Objective;
import io.graft.recipe.Optimization;
import io.graft.recipe.Optimizer;
import io.graft.recipe.Schedule;
import io.graft.recipe.Stage;
import io.graft.runtime.DivergedException;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Progress;
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

/** Compares training with a PyTorch loop on the same rows (make_fit.py). */
class TrainingLoopTest {

  private static final Network LINEAR =
      new Network(
          "head", new Shape(6), List.of(new NamedLayer("head", "head", new Layer.Linear(6, 3))));

  private static final FitOptions OPTIONS =
      FitOptions.defaults().withEpochs(12).withBatchSize(64).withLearningRate(0.05);

  private final GoldenTensors expected = GoldenTensors.open("/golden/fit_expected.safetensors");

  private record Run(
      List<EpochMetrics> history,
      List<EpochMetrics> reported,
      double lastLoss,
      int epoch,
      List<Float> weight,
      List<Float> bias) {}

  @BeforeAll
  static void load() {
    TorchRuntime.load();
  }

  private Run train(FitOptions options) {
    return train(
        options,
        LINEAR,
        Map.of(
            "head.weight", expected.floats("initial_weight"),
            "head.bias", expected.floats("initial_bias")));
  }

  private Run train(FitOptions options, Network network, Map<String, float[]> initial) {
    try (NDManager manager = NDManager.newBaseManager();
        FeatureStore train = FeatureStore.open(Fixtures.path("fit_train.safetensors"));
        FeatureStore validation = FeatureStore.open(Fixtures.path("fit_validation.safetensors"))) {
      NetworkBlock head =
          NetworkBlock.trainable(network, new ArrayTensors(network, initial), manager);
      List<EpochMetrics> reported = new ArrayList<>();
      TrainingLoop.Result result =
          new TrainingLoop(head, manager, options)
              .run(train, Optional.of(validation), Progress.NONE, reported::add);
      return new Run(
          result.history(),
          reported,
          result.evaluation().orElseThrow().loss(),
          result.epoch(),
          list(head, "head.weight"),
          list(head, "head.bias"));
    }
  }

  @Test
  void twelveEpochsMatchPyTorchsHistoryAndParameters() {
    Run run = train(OPTIONS);
    assertThat(run.history()).hasSize(12).isEqualTo(run.reported());
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
   * The steps are too small to change a float32, so each epoch's loss is that of the initial
   * parameters.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 7, 16, 32, 49, 50})
  void everyRowCountsOnceEvenInPartialBatches(int batchSize) {
    Run run = train(OPTIONS.withLearningRate(1e-30).withBatchSize(batchSize).withEpochs(2));
    for (EpochMetrics epoch : run.history()) {
      close(epoch.trainLoss(), "train_loss", 0);
      close(epoch.trainTop1(), "train_top1", 0);
    }
  }

  @Test
  void equalSeedsGiveEqualBits() {
    FitOptions shuffled = OPTIONS.withBatchSize(8).withEpochs(3);
    Run first = train(shuffled);
    assertThat(train(shuffled)).isEqualTo(first);
    Run other = train(shuffled.withSeed(43));
    assertThat(other.weight()).isNotEqualTo(first.weight());
    assertThat(other.history()).isNotEqualTo(first.history());
  }

  @Test
  void eachEpochHasADifferentOrder() {
    // With one row per step, the parameters depend on the order of the rows.
    Run oneEpoch = train(OPTIONS.withBatchSize(1).withEpochs(1));
    Run twoEpochs = train(OPTIONS.withBatchSize(1).withEpochs(2));
    assertThat(twoEpochs.history().get(0)).isEqualTo(oneEpoch.history().get(0));
    assertThat(twoEpochs.weight()).isNotEqualTo(oneEpoch.weight());
  }

  @Test
  void withoutValidationRowsThereAreNoValidationMetrics() {
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
              .run(train, Optional.empty(), Progress.NONE, metrics -> {});
      assertThat(result.evaluation()).isEmpty();
      EpochMetrics epoch = result.history().get(0);
      assertThat(epoch.validationLoss()).isEmpty();
      // Zero parameters give every class the same probability, and gradients that sum to zero.
      assertThat(epoch.trainLoss()).isCloseTo(Math.log(3), within(1e-6));
      assertThat(list(head, "head.weight")).doesNotContain(0f);
    }
  }

  @Test
  void infiniteLossEndsTheTraining() {
    assertThatThrownBy(() -> train(OPTIONS.withLearningRate(1e37)))
        .isInstanceOf(DivergedException.class)
        .hasMessageContainingAll("learning rate of 1.0E37", "a tenth of it");
  }

  @Test
  void earlyStoppingEndsAfterItsPatienceAndKeepsTheBestEpoch() {
    // The rate is high enough for the validation loss to rise again.
    FitOptions options = OPTIONS.withLearningRate(1).withEpochs(30);
    List<EpochMetrics> uninterrupted = train(options).history();
    Run stopped = train(options.withEarlyStopping(3));
    int best = stopped.epoch();
    assertThat(stopped.history()).hasSize(best + 3).isEqualTo(uninterrupted.subList(0, best + 3));
    double smallest = stopped.history().get(best - 1).validationLoss().getAsDouble();
    assertThat(stopped.history())
        .allSatisfy(
            epoch ->
                assertThat(epoch.validationLoss().getAsDouble()).isGreaterThanOrEqualTo(smallest));
    assertThat(stopped.lastLoss()).isEqualTo(smallest);
    assertThat(stopped.weight()).isEqualTo(train(options.withEpochs(best)).weight());
    assertThat(stopped.bias()).isEqualTo(train(options.withEpochs(best)).bias());
  }

  @Test
  void accumulatedBatchesEqualOneLargeBatch() {
    FitOptions plain = OPTIONS.withOptimizer(new Optimizer.AdamW()).withEpochs(3);
    for (FitOptions options :
        List.of(plain, plain.withClassWeights(new ClassWeights.Values(List.of(1.0, 3.0, 0.2))))) {
      // 50 rows: the last step has 10, alone in a batch or split into 6 and 4.
      Run one = train(options.withBatchSize(12).withSeed(1));
      Run two = train(options.withBatchSize(6).withAccumulate(2).withSeed(1));
      for (int i = 0; i < 18; i++) {
        assertThat(two.weight().get(i)).isCloseTo(one.weight().get(i), within(1e-5f));
      }
      assertThat(two.history().get(2).trainLoss())
          .isCloseTo(one.history().get(2).trainLoss(), within(1e-5));
    }
  }

  @Test
  void historyHasTheLearningRateOfEachEpochsLastStep() {
    FitOptions options = OPTIONS.withLearningRate(0.1).withBatchSize(20).withEpochs(4);
    assertThat(rates(options)).containsExactly(0.1, 0.1, 0.1, 0.1);
    assertThat(rates(options.withSchedule(new Schedule.Step(2, 0.5))))
        .containsExactly(0.1, 0.1, 0.05, 0.05);
    // Three batches of 50 rows make two steps: eight in four epochs.
    assertThat(rates(options.withSchedule(new Schedule.OneCycle()).withAccumulate(2)).get(3))
        .isCloseTo(0.1 / 25 / 1e4, within(1e-12));
  }

  private List<Double> rates(FitOptions options) {
    return train(options).history().stream().map(EpochMetrics::learningRate).toList();
  }

  @Test
  void dropoutIsSeededAndOffInValidation() {
    Network withDropout =
        new Network(
            "head",
            new Shape(6),
            List.of(
                new NamedLayer("dropout", "dropout", new Layer.Dropout(0.5f)),
                new NamedLayer("head", "head", new Layer.Linear(6, 3))));
    Map<String, float[]> initial =
        Map.of(
            "head.weight", expected.floats("initial_weight"),
            "head.bias", expected.floats("initial_bias"));
    FitOptions unchanging = OPTIONS.withLearningRate(1e-30).withEpochs(2);
    Run first = train(unchanging, withDropout, initial);
    assertThat(train(unchanging, withDropout, initial)).isEqualTo(first);
    // The parameters do not change. Dropout differs between epochs and is off in validation.
    assertThat(first.history().get(0).trainLoss()).isNotEqualTo(first.history().get(1).trainLoss());
    double undropped = train(unchanging).history().get(0).validationLoss().getAsDouble();
    assertThat(first.history())
        .allSatisfy(epoch -> assertThat(epoch.validationLoss().getAsDouble()).isEqualTo(undropped));
    assertThat(train(unchanging.withSeed(43), withDropout, initial).history().get(0).trainLoss())
        .isNotEqualTo(first.history().get(0).trainLoss());
  }

  @Test
  void refusesOptionsThatDoNotFitTheImages() {
    assertThatThrownBy(
            () -> train(OPTIONS.withClassWeights(new ClassWeights.Values(List.of(1.0, 2.0)))))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("There are 2 class weights and 3 classes");
    assertThatThrownBy(
            () -> new FitData(3, false, false).requireUsable(OPTIONS.withEarlyStopping(2)))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("Early stopping needs validation images");
  }

  @Test
  void refusesInvalidOptionsAndNamesTheirValue() {
    FitOptions defaults = FitOptions.defaults();
    assertThat(defaults)
        .isEqualTo(
            new FitOptions(
                Head.FLATTEN,
                HiddenLayers.NONE,
                List.of(new Stage(Unfreeze.NONE, 10, 0.001)),
                Views.PLAIN,
                32,
                new Optimization(),
                new Objective(),
                Optional.empty(),
                42,
                OnBadImage.SKIP,
                false,
                false));
    for (double rate : new double[] {0, -0.1, 1.1e37, Double.NaN, Double.POSITIVE_INFINITY}) {
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
                .withCalibrate(true)
                .withFitThresholds(true))
        .isEqualTo(
            new FitOptions(
                Head.FC,
                HiddenLayers.NONE,
                List.of(new Stage(Unfreeze.NONE, 10, 0.001)),
                Views.PLAIN,
                32,
                new Optimization(),
                new Objective(),
                Optional.empty(),
                7,
                OnBadImage.FAIL,
                true,
                true));
    assertThatThrownBy(() -> defaults.withEarlyStopping(0))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("patience is 0");
    assertThatThrownBy(() -> defaults.withSchedule(new Schedule.Cosine(10)))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("warmup takes 10 of 10 epochs");
  }

  @Test
  void historyJsonHasNullForMissingValues() {
    List<EpochMetrics> history =
        List.of(
            new EpochMetrics(1, 1.5, 0.25, OptionalDouble.of(2), OptionalDouble.of(0.5), 0.1),
            new EpochMetrics(2, 1, 0.5, OptionalDouble.empty(), OptionalDouble.empty(), 0.1),
            new EpochMetrics(
                3, Double.NaN, 0.5, OptionalDouble.of(Double.NaN), OptionalDouble.of(0), 0.1));
    JsonObject first = EpochMetrics.json(history).get(0).getAsJsonObject();
    assertThat(first.keySet())
        .containsExactly(
            "epoch",
            "train_loss",
            "train_top1",
            "validation_loss",
            "validation_top1",
            "learning_rate");
    assertThat(first.get("validation_loss").getAsDouble()).isEqualTo(2);
    for (int i = 1; i < 3; i++) {
      JsonObject epoch = EpochMetrics.json(history).get(i).getAsJsonObject();
      assertThat(epoch.get("validation_loss").isJsonNull()).isTrue();
    }
    assertThat(EpochMetrics.json(history).get(2).getAsJsonObject().get("train_loss").isJsonNull())
        .isTrue();
  }

  private static List<Float> list(NetworkBlock block, String name) {
    List<Float> values = new ArrayList<>();
    for (float value : block.getParameters().get(name).getArray().toFloatArray()) {
      values.add(value);
    }
    return values;
  }
}
