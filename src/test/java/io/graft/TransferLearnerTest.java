package io.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import io.graft.data.ImageFolder;
import io.graft.data.OnBadImage;
import io.graft.features.FeatureCache;
import io.graft.fetch.FetchOptions;
import io.graft.nn.Head;
import io.graft.nn.Precision;
import io.graft.recipe.FitOptions;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.OutputException;
import io.graft.runtime.StoppedException;
import io.graft.tensors.TensorType;
import io.graft.testing.TinyPictures;
import io.graft.zoo.WeightChoice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TransferLearnerTest {

  @TempDir Path folder;

  /** Two replicas on the CPU simulate two GPUs. */
  @Test
  void twoDevicesTrainTheSameModelAsOne() throws IOException {
    TinyPictures.draw(folder.resolve("images"), 5, 1, "rose", "tulip");
    ImageFolder images = ImageFolder.open(folder.resolve("images"));
    FitOptions options = FitOptions.defaults().withHead(Head.POOL).withEpochs(2);
    Fit one = fit(images, options, List.of(Device.cpu()));
    Fit two = fit(images, options, List.of(Device.cpu(), Device.cpu()));
    assertThat(two.featureRowsComputed()).isEqualTo(10);
    assertThat(two.history()).isEqualTo(one.history());
  }

  private static Fit fit(ImageFolder images, FitOptions options, List<Device> devices) {
    LearnerOptions learning =
        LearnerOptions.defaults()
            .withWeights(new WeightChoice.Random(1))
            .withDevices(devices)
            .withPrecision(Precision.FP32)
            .withCache(FeatureCache.off());
    try (TransferLearner learner = TransferLearner.of("vgg11", learning)) {
      assertThat(learner.devices()).isEqualTo(devices);
      return learner.fit(images, options);
    }
  }

  @Test
  void listenerCanStopAFitBeforeTraining() throws IOException {
    TinyPictures.draw(folder.resolve("images"), 5, 1, "rose", "tulip");
    ImageFolder images = ImageFolder.open(folder.resolve("images"));
    FeatureCache cache = FeatureCache.at(folder.resolve("features"));
    FitListener stopping =
        new FitListener() {
          @Override
          public boolean stopRequested() {
            return true;
          }
        };
    LearnerOptions learning =
        LearnerOptions.defaults()
            .withWeights(new WeightChoice.Random(1))
            .withDevice(Device.cpu())
            .withPrecision(Precision.FP32)
            .withCache(cache);
    try (TransferLearner learner = TransferLearner.of("vgg11", learning)) {
      assertThatThrownBy(
              () -> learner.fit(images, Optional.empty(), FitOptions.defaults(), stopping))
          .isInstanceOf(StoppedException.class);
    }
    assertThat(cache.list().stream().mapToLong(FeatureCache.Entry::rows).sum()).isZero();
  }

  @Test
  void refusesUnwritableFoldersBeforeReadingImages() throws IOException {
    TinyPictures.draw(folder.resolve("images"), 1, 1, "rose", "tulip");
    ImageFolder images = ImageFolder.open(folder.resolve("images"));
    Path file = Files.writeString(folder.resolve("file"), "no folder");
    LearnerOptions options =
        LearnerOptions.defaults()
            .withWeights(new WeightChoice.Pretrained(FetchOptions.defaults().withOffline(true)))
            .withCache(FeatureCache.off());
    LearnerOptions keeping = options.withCache(FeatureCache.at(file));
    assertThatThrownBy(() -> TransferLearner.of("vgg11", keeping))
        .isInstanceOf(OutputException.class)
        .hasMessageContaining(file + " is not a folder");
    try (TransferLearner learner = TransferLearner.of("vgg11", options)) {
      assertThatThrownBy(
              () ->
                  learner.extract(
                      images,
                      "block1_pool",
                      TensorType.F16,
                      folder,
                      OnBadImage.SKIP,
                      FitListener.NONE))
          .isInstanceOf(OutputException.class)
          .hasMessageContaining(folder + " is a folder");
    }
  }

  @Test
  void featuresAreStoredInTheRequestedType() throws IOException {
    TinyPictures.draw(folder.resolve("images"), 2, 1, "rose", "tulip");
    ImageFolder images = ImageFolder.open(folder.resolve("images"));
    FitOptions options = FitOptions.defaults().withEpochs(1);
    LearnerOptions learning = FineTuning.learning();
    for (TensorType type : List.of(TensorType.F16, TensorType.F32)) {
      try (TransferLearner learner =
          TransferLearner.of(FineTuning.backbone("vgg11"), learning.withRowType(type))) {
        assertThat(learner.fit(images, options).model().card().rowType()).isEqualTo(type);
      }
    }
    assertThatThrownBy(() -> learning.withRowType(TensorType.I64))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("expected F16 or F32");
  }

  @Test
  void learnerNeedsADevice() {
    LearnerOptions options = LearnerOptions.defaults();
    assertThatThrownBy(() -> options.withDevices(List.of()))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("at least one");
  }
}
