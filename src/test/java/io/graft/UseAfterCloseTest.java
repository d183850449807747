package io.graft;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import io.graft.backbone.FrozenLayers;
import io.graft.backbone.Plan;
import io.graft.data.Batches;
import io.graft.data.ImageBatch;
import io.graft.data.ImageFolder;
import io.graft.data.ImageLoader;
import io.graft.data.LoaderOptions;
import io.graft.data.OnBadImage;
import io.graft.features.Extraction;
import io.graft.features.FeatureCache;
import io.graft.features.FeatureStore;
import io.graft.image.InputSpec;
import io.graft.image.RgbImage;
import io.graft.model.TransferModel;
import io.graft.nn.Head;
import io.graft.nn.Network;
import io.graft.nn.Precision;
import io.graft.nn.RandomWeights;
import io.graft.recipe.FitOptions;
import io.graft.runtime.Progress;
import io.graft.tensors.SafetensorsFile;
import io.graft.tensors.TensorSource;
import io.graft.tensors.TensorType;
import io.graft.testing.TinyPictures;
import io.graft.zoo.WeightChoice;
import io.graft.zoo.Zoo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every type that owns memory refuses use after close, with the same message. */
class UseAfterCloseTest {

  private static final FitOptions OPTIONS = FitOptions.defaults().withHead(Head.POOL).withEpochs(1);

  @TempDir Path folder;
  private ImageFolder images;

  @BeforeEach
  void draw() throws IOException {
    TinyPictures.draw(folder.resolve("images"), 2, 1, "rose", "tulip");
    images = ImageFolder.open(folder.resolve("images"));
  }

  private static TransferLearner learner() {
    return TransferLearner.of(
        "vgg11",
        LearnerOptions.defaults()
            .withWeights(new WeightChoice.Random(1))
            .withDevice(Device.cpu())
            .withPrecision(Precision.FP32)
            .withCache(FeatureCache.off()));
  }

  private static void assertClosed(Class<?> type, ThrowingCallable... uses) {
    for (ThrowingCallable use : uses) {
      assertThatThrownBy(use)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("This " + type.getSimpleName() + " is closed. Open another.");
    }
  }

  @Test
  void refusesAClosedLearnerAndItsModel() {
    TransferLearner learner = learner();
    TransferModel model = learner.fit(images, OPTIONS).model();
    learner.close();
    learner.close();
    assertClosed(
        TransferLearner.class,
        () -> learner.fit(images, OPTIONS),
        () -> learner.crossValidate(images, 2, OPTIONS, FitListener.NONE),
        () ->
            learner.extract(
                images,
                "block1_pool",
                TensorType.F16,
                folder.resolve("file"),
                OnBadImage.SKIP,
                FitListener.NONE));
    RgbImage image = new RgbImage(1, 1, new byte[3]);
    assertClosed(TransferModel.class, () -> model.classify(image));
  }

  @Test
  void refusesClosedFrozenLayers() {
    Network network = Zoo.find("vgg11").network().prefix(1);
    FrozenLayers layers =
        FrozenLayers.of(
            network,
            InputSpec.TORCHVISION,
            () -> RandomWeights.kaimingUniform(network, 0),
            Device.cpu(),
            Plan.exact(Device.cpu()));
    layers.close();
    layers.close();
    ByteBuffer pixels = ByteBuffer.allocateDirect(InputSpec.TORCHVISION.bytes());
    assertClosed(FrozenLayers.class, () -> layers.forward(null, pixels, 1), layers::manager);
  }

  @Test
  void refusesAClosedModelExtractionAndStore() {
    try (TransferLearner learner = learner()) {
      TransferModel model = learner.fit(images, OPTIONS).model();
      Extraction rows = model.extract(images, FeatureCache.off(), OnBadImage.FAIL, Progress.NONE);
      model.close();
      model.close();
      assertClosed(
          TransferModel.class,
          () -> model.classify(new RgbImage(1, 1, new byte[3])),
          () -> model.classify(images.images().get(0).path()),
          () -> model.extract(images, FeatureCache.off(), OnBadImage.FAIL, Progress.NONE),
          () -> model.evaluate(rows),
          () -> model.logits(rows),
          () -> model.drift(rows),
          () -> model.save(folder.resolve("model")),
          () -> model.saveBackbone(folder.resolve("file"), learner.backbone(), TensorType.F16));

      FeatureStore store = rows.store();
      FeatureStore subset = store.subset(new int[] {0});
      rows.close();
      rows.close();
      assertClosed(Extraction.class, rows::store, () -> rows.subset(new int[] {0}));
      ByteBuffer row = ByteBuffer.allocate(store.rowBytes());
      assertClosed(
          FeatureStore.class,
          () -> store.read(0, row),
          () -> store.ahead(new int[] {0}, 1, 0),
          () -> subset.read(0, row));
    }
  }

  @Test
  void refusesClosedBatchesOfImages() {
    Batches batches =
        new ImageLoader(images, InputSpec.TORCHVISION, LoaderOptions.defaults(), bad -> {})
            .batches();
    ImageBatch batch = batches.next();
    batches.close();
    batches.close();
    assertClosed(Batches.class, batches::hasNext, batches::next);
    batch.close();
    batch.close();
    assertClosed(ImageBatch.class, batch::pixels);
  }

  @Test
  void refusesAClosedFileOfTensors() {
    Path path = folder.resolve("features.safetensors");
    try (TransferLearner learner = learner()) {
      learner
          .extract(images, "block5_pool", TensorType.F16, path, OnBadImage.FAIL, FitListener.NONE)
          .close();
    }
    SafetensorsFile file = SafetensorsFile.open(path);
    file.close();
    file.close();
    ByteBuffer value = ByteBuffer.allocate(4);
    assertClosed(TensorSource.class, () -> file.readFloat32("features", 0, value));
  }
}
