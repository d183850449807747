package io.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import io.graft.data.ImageFolder;
import io.graft.data.LabeledImages;
import io.graft.data.Split;
import io.graft.data.Views;
import io.graft.data.splits.SeededOrder;
import io.graft.eval.Temperature;
import io.graft.features.Extraction;
import io.graft.features.FeatureCache;
import io.graft.image.Augmentation;
import io.graft.nn.Head;
import io.graft.nn.Precision;
import io.graft.nn.Unfreeze;
import io.graft.recipe.FitOptions;
import io.graft.recipe.LearningRate;
import io.graft.recipe.Stage;
import io.graft.runtime.InvalidOptionException;
import io.graft.testing.TinyPictures;
import io.graft.train.LearningRateSearch;
import io.graft.zoo.WeightChoice;
import io.graft.zoo.Zoo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compares folds and the learning rate search with ordinary fits of the same images. */
class CrossValidationTest {

  private static final int PER_CLASS = 7;
  private static final int IMAGES = 2 * PER_CLASS;
  private static final int FOLDS = 3;
  private static final FitOptions OPTIONS =
      FitOptions.defaults()
          .withHead(Head.POOL)
          .withEpochs(4)
          .withBatchSize(4)
          .withLearningRate(0.03)
          .withSeed(5);

  @TempDir Path folder;
  private LabeledImages images;
  private LearnerOptions learning;

  @BeforeEach
  void draw() throws IOException {
    TinyPictures.draw(folder.resolve("images"), PER_CLASS, 1, "rose", "tulip");
    images = ImageFolder.open(folder.resolve("images"));
    learning =
        LearnerOptions.defaults()
            .withWeights(new WeightChoice.Random(1))
            .withDevices(List.of(Device.cpu()))
            .withPrecision(Precision.FP32)
            .withCache(FeatureCache.at(folder.resolve("features")));
    learner = learner(learning);
  }

  private TransferLearner learner;

  @AfterEach
  void close() {
    learner.close();
  }

  private static TransferLearner learner(LearnerOptions options) {
    return TransferLearner.of(Zoo.own("vgg11", 0.125, 32), options);
  }

  private CrossValidation crossValidate(FitOptions options) {
    return learner.crossValidate(images, FOLDS, options, FitListener.NONE);
  }

  /** Requires that each fold equals an ordinary fit, bit for bit. */
  private CrossValidation requireOrdinaryFits(FitOptions options) {
    CrossValidation validated = crossValidate(options);
    List<Split> splits = images.folds(FOLDS, options.seed());
    assertThat(validated.folds()).hasSize(FOLDS);
    for (int i = 0; i < FOLDS; i++) {
      Fit fit = learner.fit(splits.get(i).train(), splits.get(i).validation(), options);
      CrossValidation.Fold fold = validated.folds().get(i);
      assertThat(fold.history()).isEqualTo(fit.history());
      assertThat(fold.epoch()).isEqualTo(fit.epoch());
      assertThat(fold.top1()).isEqualTo(fit.evaluation().orElseThrow().top1());
      assertThat(fold.loss())
          .isEqualTo(fit.history().get(fit.epoch() - 1).validationLoss().orElseThrow());
      assertThat(fold.images()).isEqualTo(splits.get(i).validation().images().size());
    }
    assertThat(validated.fit().evaluation()).isEmpty();
    return validated;
  }

  @Test
  void everyFoldAndTheModelEqualAnOrdinaryFit() {
    CrossValidation validated = requireOrdinaryFits(OPTIONS);
    assertThat(validated.fit().history()).isEqualTo(learner.fit(images, OPTIONS).history());
    double[] top1 = validated.folds().stream().mapToDouble(CrossValidation.Fold::top1).toArray();
    assertThat(validated.top1().mean()).isCloseTo((top1[0] + top1[1] + top1[2]) / 3, within(1e-12));
  }

  @Test
  void viewsOfAnImageStayInItsFold() {
    requireOrdinaryFits(OPTIONS.withViews(new Views(Augmentation.CROP, 3)));
  }

  @Test
  void freshViewsAreValidatedOnPlainImages() {
    requireOrdinaryFits(OPTIONS.withEpochs(2).withViews(Views.fresh(Augmentation.FLIP)));
  }

  @Test
  void stagesTrainOnTheirOwnRows() {
    requireOrdinaryFits(
        OPTIONS.withStages(
            List.of(
                new Stage(Unfreeze.NONE, 2, 0.03), new Stage(new Unfreeze("block5"), 1, 0.001))));
  }

  @Test
  void computesEveryImageOnceWithoutACache() {
    try (TransferLearner uncached = learner(learning.withCache(FeatureCache.off()))) {
      CrossValidation validated = uncached.crossValidate(images, FOLDS, OPTIONS, FitListener.NONE);
      assertThat(validated.fit().featureRowsComputed()).isEqualTo(IMAGES);
      assertThat(validated.folds().get(0).history())
          .isEqualTo(crossValidate(OPTIONS).folds().get(0).history());
    }
  }

  @Test
  void modelHasTheFoldsMeanEpochsAndTemperature() {
    FitOptions stopping = OPTIONS.withEpochs(12).withEarlyStopping(2).withCalibrate(true);
    CrossValidation validated = requireOrdinaryFits(stopping);

    double mean =
        validated.folds().stream().mapToInt(CrossValidation.Fold::epoch).average().orElseThrow();
    FitOptions all = stopping.withoutValidation().withEpochs((int) Math.round(mean));
    assertThat(validated.fit().history()).isEqualTo(learner.fit(images, all).history());

    // The expected temperature is that of the logits of ordinary fits, each on its own fold.
    List<float[]> logits = new ArrayList<>();
    List<Integer> labels = new ArrayList<>();
    for (Split split : images.folds(FOLDS, stopping.seed())) {
      Fit fit = learner.fit(split.train(), split.validation(), stopping);
      try (Extraction rows =
          fit.model()
              .extract(
                  split.validation(), learning.cache(), stopping.onBadImage(), FitListener.NONE)) {
        logits.addAll(Arrays.asList(fit.model().logits(rows)));
      }
      split.validation().images().forEach(image -> labels.add(image.label()));
    }
    double expected =
        Temperature.fit(
                logits.toArray(float[][]::new),
                labels.stream().mapToInt(Integer::intValue).toArray())
            .orElse(1);
    assertThat(validated.fit().model().card().decision().temperature()).isEqualTo(expected);
  }

  @Test
  void searchFindsTheRateWithTheSmallestLossOnAFifthOfTheImages() {
    Split outer = images.split(0.3, 9);
    FitOptions searching = OPTIONS.withLearningRate(new LearningRate.Searched());
    Fit fit = learner.fit(outer.train(), outer.validation(), searching);

    LearningRateSearch search = fit.rateSearch().orElseThrow();
    Split inner = outer.train().split(0.2, SeededOrder.mix(OPTIONS.seed(), 2));
    for (LearningRateSearch.Trial trial : search.trials()) {
      Fit tried =
          learner.fit(
              inner.train(), inner.validation(), OPTIONS.withLearningRate(trial.learningRate()));
      assertThat(trial.loss().orElseThrow())
          .isEqualTo(tried.history().get(3).validationLoss().orElseThrow());
    }
    Fit given =
        learner.fit(outer.train(), outer.validation(), OPTIONS.withLearningRate(search.best()));
    assertThat(fit.history()).isEqualTo(given.history());
    assertThat(given.rateSearch()).isEmpty();

    // Validation images do not change the choice, and all seeds share the learning rate.
    List<Fit> seeds =
        learner.fitSeeds(
            outer.train(), Optional.empty(), searching, List.of(5L, 6L), FitListener.NONE);
    assertThat(seeds).extracting(Fit::rateSearch).containsOnly(Optional.of(search));
    assertThat(seeds.get(1).history().get(0).learningRate()).isEqualTo(search.best());
  }

  @Test
  void everyFoldSearchesForItsOwnLearningRate() {
    CrossValidation validated =
        requireOrdinaryFits(OPTIONS.withLearningRate(new LearningRate.Searched()));
    List<Split> splits = images.folds(FOLDS, OPTIONS.seed());
    for (int i = 0; i < FOLDS; i++) {
      assertThat(validated.folds().get(i).rateSearch())
          .isEqualTo(
              learner
                  .fit(splits.get(i).train(), OPTIONS.withLearningRate(new LearningRate.Searched()))
                  .rateSearch())
          .isPresent();
    }
  }

  @Test
  void refusesTooManyFoldsBeforeComputing() {
    assertThatThrownBy(
            () -> learner.crossValidate(images, PER_CLASS + 1, OPTIONS, FitListener.NONE))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("folds is 8");
    assertThat(folder.resolve("features")).doesNotExist();
  }
}
