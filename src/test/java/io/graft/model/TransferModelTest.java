package io.graft.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.modality.Classifications;
import ai.djl.ndarray.NDManager;
import com.google.gson.JsonObject;
import io.graft.backbone.FrozenLayers;
import io.graft.backbone.Plan;
import io.graft.data.ImageFolder;
import io.graft.data.LabeledImages;
import io.graft.data.OnBadImage;
import io.graft.eval.Decision;
import io.graft.eval.FeatureDrift;
import io.graft.eval.FeatureStatistics;
import io.graft.eval.Outputs;
import io.graft.eval.SingleLabelEvaluation;
import io.graft.features.Extraction;
import io.graft.features.FeatureCache;
import io.graft.features.FeatureExtractor;
import io.graft.image.Decode;
import io.graft.nn.FreezeBoundary;
import io.graft.nn.Head;
import io.graft.nn.HiddenLayers;
import io.graft.nn.NetworkBlock;
import io.graft.nn.Precision;
import io.graft.nn.RandomWeights;
import io.graft.nn.Unfreeze;
import io.graft.recipe.FitOptions;
import io.graft.runtime.BadDataException;
import io.graft.runtime.Progress;
import io.graft.runtime.WeightsException;
import io.graft.tensors.SafetensorsFile;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorType;
import io.graft.testing.DirectMemory;
import io.graft.testing.TestPictures;
import io.graft.train.RowStatistics;
import io.graft.train.TrainingLoop;
import io.graft.zoo.BackboneSpec;
import io.graft.zoo.WeightChoice;
import io.graft.zoo.Zoo;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model on the zoo's VGG16 with random weights, trained once on a few images. */
class TransferModelTest {

  private static final BackboneSpec VGG16 = Zoo.find("vgg16");
  private static final WeightChoice RANDOM = new WeightChoice.Random(1);
  @TempDir static Path folder;

  private static ImageFolder images;
  private static FrozenLayers frozen;
  private static TransferModel model;
  private static SingleLabelEvaluation lastEpoch;

  @BeforeAll
  static void train() {
    for (int i = 0; i < 6; i++) {
      String name = i % 2 == 0 ? "bright" : "dark";
      TestPictures.write(
          folder.resolve("images").resolve(name).resolve(i + ".png"), i, i % 2 == 0 ? 200 : 0);
    }
    images = ImageFolder.open(folder.resolve("images"));
    FreezeBoundary boundary = Head.POOL.attach(VGG16.network(), HiddenLayers.NONE, 2);
    frozen =
        FrozenLayers.of(
            boundary.frozen(),
            VGG16.input(),
            () -> RANDOM.open(VGG16, Progress.NONE),
            Device.cpu(),
            Plan.exact(Device.cpu()));
    NDManager manager = frozen.manager().newSubManager();
    NetworkBlock head =
        NetworkBlock.trainable(
            boundary.trainable(), RandomWeights.glorotUniform(boundary.trainable(), 42), manager);
    try (Extraction rows =
        new FeatureExtractor(frozen, FeatureCache.off(), OnBadImage.FAIL, Progress.NONE)
            .extract(images)) {
      lastEpoch =
          new TrainingLoop(head, manager, FitOptions.defaults())
              .run(rows.store(), Optional.of(rows.store()), Progress.NONE, metrics -> {})
              .evaluation()
              .map(SingleLabelEvaluation.class::cast)
              .orElseThrow();
    }
    frozen.requireUnchanged();
    ModelCard card =
        new ModelCard(
            "vgg16",
            RANDOM,
            frozen.weightDigest(),
            VGG16.input().canonical(),
            Head.POOL,
            HiddenLayers.NONE,
            Unfreeze.NONE,
            TensorType.F16,
            Precision.FP32,
            List.of(),
            Decode.EXACT,
            new Decision.MostProbable(Outputs.SOFTMAX, 1),
            new JsonObject());
    model =
        TransferModel.of(
            card, images.classes(), frozen, head, manager, Optional.empty(), Optional.empty());
    model.save(folder.resolve("model"));
  }

  @AfterAll
  static void close() {
    model.close();
    // The model did not load the backbone, so it does not close it.
    assertThat(frozen.manager().isOpen()).isTrue();
    frozen.close();
  }

  @Test
  void loadedModelPredictsTheSameBits() {
    Path image = images.images().get(0).path();
    Classifications before = model.classify(image);
    assertThat(before.getClassNames()).containsExactly("bright", "dark");
    assertThat(before.getProbabilities().stream().mapToDouble(Double::doubleValue).sum())
        .isCloseTo(1, within(1e-12));
    try (TransferModel loaded =
            TransferModel.load(
                folder.resolve("model"),
                List.of(Device.cpu()),
                Optional.empty(),
                UnaryOperator.identity(),
                Progress.NONE);
        Extraction rows =
            loaded.extract(images, FeatureCache.off(), OnBadImage.FAIL, Progress.NONE)) {
      assertThat(loaded.card()).isEqualTo(model.card());
      assertThat(loaded.classify(image).getProbabilities()).isEqualTo(before.getProbabilities());
      SingleLabelEvaluation evaluation = (SingleLabelEvaluation) loaded.evaluate(rows);
      assertThat(evaluation.top1()).isEqualTo(lastEpoch.top1());
      assertThat(evaluation.loss()).isEqualTo(lastEpoch.loss());
      assertThat(evaluation.confusion()).isDeepEqualTo(lastEpoch.confusion());
    }
  }

  @Test
  void classifyReusesItsBuffer() {
    Path image = images.images().get(0).path();
    model.classify(image);
    long before = DirectMemory.bytes();
    for (int i = 0; i < 3; i++) {
      model.classify(image);
      assertThat(DirectMemory.bytes()).isLessThan(before + frozen.input().bytes());
    }
  }

  @Test
  void temperatureDividesTheLogitsAndKeepsTheOrder() {
    Path image = images.images().get(0).path();
    try (TransferModel tempered = loaded(saved("tempered", 4, Optional.empty()));
        Extraction rows =
            tempered.extract(images, FeatureCache.off(), OnBadImage.FAIL, Progress.NONE)) {
      List<Double> before = model.classify(image).getProbabilities();
      List<Double> after = tempered.classify(image).getProbabilities();
      // For softmax(z / 4) of two classes, the logarithm of the ratio is a quarter.
      assertThat(Math.log(after.get(0) / after.get(1)))
          .isCloseTo(Math.log(before.get(0) / before.get(1)) / 4, within(1e-6));
      assertThat(tempered.evaluate(rows).top1()).isEqualTo(lastEpoch.top1());
      assertThat(
              SingleLabelEvaluation.ofLogits(
                      tempered.logits(rows), rows.store().labels(), Outputs.SOFTMAX)
                  .loss())
          .isEqualTo(lastEpoch.loss());
    }
  }

  @Test
  void driftIsZeroOnTrainingImagesAndLargeOnOthers() {
    for (int i = 0; i < 3; i++) {
      TestPictures.write(folder.resolve("dark-images").resolve("bright").resolve(i + ".png"), i, 0);
    }
    LabeledImages dark = LabeledImages.open(folder.resolve("dark-images"), images.classes());
    try (Extraction rows =
            model.extract(images, FeatureCache.off(), OnBadImage.FAIL, Progress.NONE);
        Extraction others =
            model.extract(dark, FeatureCache.off(), OnBadImage.FAIL, Progress.NONE);
        NDManager manager = frozen.manager().newSubManager()) {
      assertThat(model.drift(rows)).isEmpty();
      FeatureStatistics statistics = RowStatistics.of(rows.store(), true, manager);
      try (TransferModel withStatistics =
          loaded(saved("with-statistics", 1, Optional.of(statistics)))) {
        FeatureDrift same = withStatistics.drift(rows).orElseThrow();
        assertThat(same.distance()).isLessThan(1e-4);
        assertThat(same.chance()).isCloseTo(Math.sqrt(1.0 / 6 + 1.0 / 6), within(1e-12));
        assertThat(withStatistics.drift(others).orElseThrow().distance()).isGreaterThan(2);
      }
    }
  }

  /** Saves the model with another temperature and statistics, and returns its folder. */
  private static Path saved(
      String name, double temperature, Optional<FeatureStatistics> statistics) {
    ModelCard card = model.card();
    Map<TensorInfo, ByteBuffer> tensors = new LinkedHashMap<>();
    try (SafetensorsFile head =
        SafetensorsFile.open(folder.resolve("model").resolve("head.safetensors"))) {
      head.tensors().forEach((key, info) -> tensors.put(info, head.map(key)));
      ModelFolder.write(
          folder.resolve(name),
          new ModelFolder.Content(
              new ModelCard(
                  card.backbone(),
                  card.weights(),
                  card.weightDigest(),
                  card.input(),
                  card.head(),
                  card.hidden(),
                  card.unfreeze(),
                  card.rowType(),
                  card.precision(),
                  card.scales(),
                  Decode.EXACT,
                  new Decision.MostProbable(Outputs.SOFTMAX, temperature),
                  card.training()),
              model.classes(),
              statistics,
              Optional.empty()),
          tensors);
    }
    return folder.resolve(name);
  }

  private static TransferModel loaded(Path path) {
    return TransferModel.load(
        path, List.of(Device.cpu()), Optional.empty(), UnaryOperator.identity(), Progress.NONE);
  }

  @Test
  void loadingRefusesOtherWeights() {
    assertThatThrownBy(
            () ->
                TransferModel.load(
                    folder.resolve("model"),
                    List.of(Device.cpu()),
                    Optional.empty(),
                    original -> new WeightChoice.Random(2),
                    Progress.NONE))
        .isInstanceOf(WeightsException.class)
        .hasMessageContainingAll(
            folder.resolve("model").toString(),
            frozen.weightDigest(),
            "seed 2",
            "Name the weights file");
    Path missing = folder.resolve("missing.safetensors");
    assertThatThrownBy(
            () ->
                TransferModel.load(
                    folder.resolve("model"),
                    List.of(Device.cpu()),
                    Optional.empty(),
                    original -> new WeightChoice.FromFile(missing),
                    Progress.NONE))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining(missing.toString());
  }

  @Test
  void namesAnImageThatCannotBeDecoded() {
    Path bad = TestPictures.writeCutOff(folder.resolve("bad.png"));
    assertThatThrownBy(() -> model.classify(bad))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining(bad.toString());
  }

  @Test
  void refusesAModelWithOtherPreprocessing() {
    Path other = folder.resolve("other");
    ModelFolder.write(
        other,
        new ModelFolder.Content(
            new ModelCard(
                "vgg16",
                RANDOM,
                "00",
                "another spec",
                Head.POOL,
                HiddenLayers.NONE,
                Unfreeze.NONE,
                TensorType.F16,
                Precision.FP32,
                List.of(),
                Decode.EXACT,
                new Decision.MostProbable(Outputs.SOFTMAX, 1),
                new JsonObject()),
            List.of("a", "b"),
            Optional.empty(),
            Optional.empty()),
        java.util.Map.of());
    assertThatThrownBy(() -> TransferModel.load(other))
        .isInstanceOf(BadDataException.class)
        .hasMessageContainingAll(other.toString(), "another spec", VGG16.input().canonical());
  }
}
