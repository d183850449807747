package io.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.graft.data.ImageFolder;
import io.graft.data.OnBadImage;
import io.graft.data.Views;
import io.graft.features.FeatureCache;
import io.graft.image.Augmentation;
import io.graft.image.InputSpec;
import io.graft.nn.Head;
import io.graft.nn.Network;
import io.graft.nn.Unfreeze;
import io.graft.nn.Vgg;
import io.graft.recipe.FitOptions;
import io.graft.recipe.Optimizer;
import io.graft.recipe.Stage;
import io.graft.runtime.InvalidOptionException;
import io.graft.tensors.TensorType;
import io.graft.train.EpochMetrics;
import io.graft.weights.WeightLayout;
import io.graft.zoo.BackboneSpec;
import io.graft.zoo.WeightOrigin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Checks that fine-tuning keeps the frozen layers, and trains the same on stored and computed rows.
 */
class FineTuningTest {

  private static final FitOptions BLOCK5 =
      FineTuning.options().withHead(Head.POOL).withEpochs(2).withUnfreeze(new Unfreeze("block5"));

  @TempDir static Path root;

  private static ImageFolder images;

  @BeforeAll
  static void draw() throws IOException {
    images = FineTuning.draw(root.resolve("images"));
  }

  @Test
  void trainingDoesNotChangeTheFrozenLayers() {
    Path before = root.resolve("before.safetensors");
    Path after = root.resolve("after.safetensors");
    try (TransferLearner learner =
        TransferLearner.of(FineTuning.backbone("vgg11_bn"), FineTuning.learning())) {
      extract(learner, before);
      Fit fit = learner.fit(images, BLOCK5.withLearningRate(0.1));

      extract(learner, after);
      Network network = learner.backbone().network();
      assertThat(fit.model().frozenParameters())
          .isEqualTo(network.prefix(network.indexAfter("block4_pool")).parameterCount());
    }
    assertThat(after).hasSameBinaryContentAs(before);
  }

  private static void extract(TransferLearner learner, Path out) {
    learner
        .extract(images, "block4_pool", TensorType.F32, out, OnBadImage.FAIL, FitListener.NONE)
        .close();
  }

  /**
   * If the learning rate is too small to change a parameter, training and validation on the same
   * images have the same loss, except with dropout.
   */
  @ParameterizedTest
  @CsvSource({"none, false", "fc2, false", "fc, true", "fc1, true", "block5, true"})
  void dropoutActsOnlyInTrainedLayers(String unfreeze, boolean dropsOut) {
    BackboneSpec backbone =
        new BackboneSpec(
            "tiny",
            Vgg.network("vgg11", new Vgg.Dimensions(64, 4, 16, 4)),
            InputSpec.centred(64),
            WeightLayout.TORCHVISION,
            new WeightOrigin.Own(),
            "none",
            OptionalDouble.empty());
    FitOptions options =
        FineTuning.options()
            .withHead(Head.FC)
            .withUnfreeze(new Unfreeze(unfreeze))
            .withOptimizer(new Optimizer.Sgd())
            .withLearningRate(1e-30)
            .withEpochs(1);
    try (TransferLearner learner = TransferLearner.of(backbone, FineTuning.learning())) {
      Fit fit = learner.fit(images, images, options);

      EpochMetrics epoch = fit.history().get(0);
      double validation = epoch.validationLoss().getAsDouble();
      if (dropsOut) {
        assertThat(epoch.trainLoss()).isNotCloseTo(validation, within(1e-3));
        assertThat(learner.fit(images, images, options).history()).isEqualTo(fit.history());
      } else {
        assertThat(epoch.trainLoss()).isCloseTo(validation, within(1e-5));
      }
    }
  }

  @Test
  void computedRowsTrainLikeStoredRows() throws IOException {
    List<String> notes = new ArrayList<>();
    FeatureCache none = FeatureCache.off().withMaxBytes(0);

    Path kept = save("kept", FeatureCache.off(), BLOCK5, notes);
    assertThat(notes).isEmpty();
    Path computed = save("computed", none, BLOCK5, notes);

    assertThat(computed.resolve("head.safetensors"))
        .hasSameBinaryContentAs(kept.resolve("head.safetensors"));
    // Training and validation have 40 rows each, of 32 channels of 4 x 4 values of 4 bytes.
    assertThat(notes)
        .hasSize(2)
        .allSatisfy(
            note ->
                assertThat(note)
                    .contains("Features at block4_pool would take 80.0 KiB, more than the 0 B"));
  }

  @Test
  void viewsTrainTheSameFromStoredAndComputedRows() throws IOException {
    FitOptions options = BLOCK5.withViews(new Views(Augmentation.named("crop"), 2));

    Path kept = save("kept-views", FeatureCache.off(), options, new ArrayList<>());
    Path computed =
        save("computed-views", FeatureCache.off().withMaxBytes(0), options, new ArrayList<>());

    assertThat(computed.resolve("head.safetensors"))
        .hasSameBinaryContentAs(kept.resolve("head.safetensors"));
    Path plain = save("no-views", FeatureCache.off(), BLOCK5, new ArrayList<>());
    assertThat(Files.readAllBytes(plain.resolve("head.safetensors")))
        .as("views are different images")
        .isNotEqualTo(Files.readAllBytes(kept.resolve("head.safetensors")));
  }

  @Test
  void trainingAllLayersStoresNoFeaturesAndIsReproducible() throws IOException {
    Path features = root.resolve("features");
    FitOptions options = BLOCK5.withUnfreeze(Unfreeze.ALL);

    Path first = save("first", FeatureCache.at(features), options, new ArrayList<>());
    Path second = save("second", FeatureCache.off(), options, new ArrayList<>());

    assertThat(second.resolve("head.safetensors"))
        .hasSameBinaryContentAs(first.resolve("head.safetensors"));
    // The digests of the images may be kept, as the model needs them.
    assertThat(FeatureCache.at(features).list())
        .allSatisfy(each -> assertThat(each.key().toString()).contains("image digests"));
  }

  private static Path save(
      String name, FeatureCache cache, FitOptions options, List<String> notes) {
    Path model = root.resolve(name);
    FitListener listener =
        new FitListener() {
          @Override
          public void note(String line) {
            notes.add(line);
          }
        };
    try (TransferLearner learner =
        TransferLearner.of(FineTuning.backbone("vgg11"), FineTuning.learning().withCache(cache))) {
      learner.fit(images, Optional.of(images), options, listener).model().save(model);
    }
    return model;
  }

  @Test
  void firstStageTrainsOnlyTheHead() {
    Stage head = new Stage(Unfreeze.NONE, 2, 0.01);
    Stage block5 = new Stage(new Unfreeze("block5"), 2, 0.0001);
    try (TransferLearner learner =
        TransferLearner.of(FineTuning.backbone("vgg11"), FineTuning.learning())) {
      List<EpochMetrics> alone = learner.fit(images, BLOCK5.withStages(List.of(head))).history();
      Fit both = learner.fit(images, BLOCK5.withStages(List.of(head, block5)));

      assertThat(both.history().subList(0, 2)).isEqualTo(alone);
      assertThat(both.history()).extracting(EpochMetrics::epoch).containsExactly(1, 2, 3, 4);
      assertThat(both.epoch()).isEqualTo(4);
      assertThat(both.model().card().unfreeze()).isEqualTo(new Unfreeze("block5"));
    }
  }

  @Test
  void refusesAStageThatFreezesLayersAgainBeforeComputing() throws IOException {
    Path features = root.resolve("refused");
    List<Stage> stages =
        List.of(new Stage(new Unfreeze("block5"), 1, 0.001), new Stage(Unfreeze.NONE, 1, 0.001));
    try (TransferLearner learner =
        TransferLearner.of(
            FineTuning.backbone("vgg11"),
            FineTuning.learning().withCache(FeatureCache.at(features)))) {
      assertThatThrownBy(() -> learner.fit(images, BLOCK5.withStages(stages)))
          .isInstanceOf(InvalidOptionException.class)
          .hasMessageContaining("Stage 2 freezes layers that the stage before it trains");
    }
    assertThat(Files.exists(features)).isFalse();
  }
}
