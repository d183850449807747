package io.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import io.graft.data.ImageFolder;
import io.graft.features.FeatureCache;
import io.graft.nn.Head;
import io.graft.nn.Precision;
import io.graft.runtime.InvalidOptionException;
import io.graft.testing.TinyPictures;
import io.graft.train.FitOptions;
import io.graft.weights.TensorType;
import io.graft.zoo.WeightChoice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TransferLearnerTest {

  @TempDir Path folder;

  /** Two replicas on the CPU stand for two GPUs. */
  @Test
  void twoDevicesTrainTheModelThatOneTrains() throws IOException {
    TinyPictures.draw(folder.resolve("pictures"), 5, 1, "rose", "tulip");
    ImageFolder images = ImageFolder.open(folder.resolve("pictures"));
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
  void featuresAreKeptInTheTypeThatIsAskedFor() throws IOException {
    TinyPictures.draw(folder.resolve("pictures"), 2, 1, "rose", "tulip");
    ImageFolder images = ImageFolder.open(folder.resolve("pictures"));
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
  void aLearnerNeedsADevice() {
    LearnerOptions options = LearnerOptions.defaults();
    assertThatThrownBy(() -> options.withDevices(List.of()))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("at least one");
  }
}
