package io.graft.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.data.OnBadImage;
import io.graft.data.Views;
import io.graft.image.Augmentation;
import io.graft.nn.Head;
import io.graft.nn.HiddenLayers;
import io.graft.nn.Precision;
import io.graft.nn.Unfreeze;
import io.graft.runtime.InvalidOptionException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class FitOptionsTest {

  @Test
  void everyWithMethodSetsItsOption() {
    Views views = new Views(Augmentation.FLIP, 2);
    FitOptions options =
        FitOptions.defaults()
            .withHead(Head.POOL)
            .withHidden(HiddenLayers.of(6))
            .withUnfreeze(new Unfreeze("block5"))
            .withEpochs(3)
            .withLearningRate(0.5)
            .withViews(views)
            .withBatchSize(7)
            .withOptimizer(new Optimizer.Sgd())
            .withSchedule(new Schedule.Step(2))
            .withClipNorm(1.5)
            .withAccumulate(4)
            .withBlockDecay(0.25)
            .withTrainPrecision(Precision.BF16)
            .withLoss(new Loss.Focal(3))
            .withClassWeights(new ClassWeights.Balanced())
            .withSampling(Sampling.BALANCED)
            .withEarlyStopping(5)
            .withSeed(11)
            .withOnBadImage(OnBadImage.FAIL)
            .withCalibrate(true)
            .withFitThresholds(true);
    FitOptions expected =
        new FitOptions(
            Head.POOL,
            HiddenLayers.of(6),
            List.of(new Stage(new Unfreeze("block5"), 3, 0.5)),
            views,
            7,
            new Optimization(
                new Optimizer.Sgd(),
                new Schedule.Step(2),
                OptionalDouble.of(1.5),
                4,
                0.25,
                Precision.BF16),
            new Objective(new Loss.Focal(3), new ClassWeights.Balanced(), Sampling.BALANCED),
            Optional.of(5),
            11,
            OnBadImage.FAIL,
            true,
            true);

    assertThat(options).isEqualTo(expected);
    assertThat(options.withoutValidation())
        .isEqualTo(
            new FitOptions(
                expected.head(),
                expected.hidden(),
                expected.stages(),
                views,
                7,
                expected.optimization(),
                expected.objective(),
                Optional.empty(),
                11,
                OnBadImage.FAIL,
                false,
                false));
  }

  @Test
  void withMethodsRefuseInvalidValues() {
    FitOptions options = FitOptions.defaults();
    assertThatThrownBy(() -> options.withBatchSize(0))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessage("Batch size is 0: expected a whole number of at least 1, such as 32.");
    assertThatThrownBy(() -> options.withClipNorm(Double.NaN))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessage("Clip norm is NaN: expected a positive number, such as 1.");
  }

  @Test
  void copyOfAnUnknownOptionIsRefused() {
    assertThatThrownBy(() -> Components.with(new Stage(Unfreeze.NONE, 3, 0.5), "epoch", 4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("No option epoch");
  }
}
