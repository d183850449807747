package io.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.graft.data.ImageFolder;
import io.graft.data.OnBadImage;
import io.graft.features.Extraction;
import io.graft.features.FeatureCache;
import io.graft.nn.Head;
import io.graft.nn.Unfreeze;
import io.graft.recipe.FitOptions;
import io.graft.tensors.TensorType;
import io.graft.zoo.WeightChoice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A backbone trained from scratch and then used for transfer learning. */
class SourceModelTest {

  private static final int CHANNELS = 32;

  @TempDir static Path root;

  private static ImageFolder images;

  @BeforeAll
  static void draw() throws IOException {
    images = FineTuning.draw(root.resolve("images"));
  }

  /** The head on the loaded backbone's features gives the logits of the trained network. */
  @Test
  void loadedBackboneMatchesTheTrainedNetwork() throws IOException {
    Path file = root.resolve("backbone.safetensors");
    FitOptions options =
        FineTuning.options().withHead(Head.POOL).withEpochs(2).withUnfreeze(Unfreeze.ALL);
    float[][] expected;
    try (TransferLearner learner =
        TransferLearner.of(FineTuning.backbone("vgg11_bn"), FineTuning.learning())) {
      Fit fit = learner.fit(images, options);
      try (Extraction rows =
          fit.model().extract(images, FeatureCache.off(), OnBadImage.FAIL, FitListener.NONE)) {
        expected = fit.model().logits(rows);
      }
      fit.model().saveBackbone(file, learner.backbone(), TensorType.F32);
      fit.model().save(root.resolve("model"));
    }

    LearnerOptions learning = FineTuning.learning().withWeights(new WeightChoice.FromFile(file));
    Path features = root.resolve("features.safetensors");
    try (TransferLearner learner = TransferLearner.of("vgg16", learning)) {
      assertThat(learner.backbone().name()).isEqualTo(FineTuning.backbone("vgg11_bn"));
      learner
          .extract(
              images, "block5_pool", TensorType.F32, features, OnBadImage.FAIL, FitListener.NONE)
          .close();
    }
    Map<String, float[]> head = FineTuning.parameters(root.resolve("model"));
    float[] rows = GoldenTensors.read(features).floats("features");
    for (int row = 0; row < expected.length; row++) {
      assertThat(logits(rows, row, expected.length, head))
          .containsExactly(expected[row], within(1e-4f));
    }
  }

  /** Applies the head to the mean of each channel. */
  private static float[] logits(float[] rows, int row, int count, Map<String, float[]> head) {
    int positions = rows.length / count / CHANNELS;
    float[] logits = head.get("head.bias").clone();
    for (int channel = 0; channel < CHANNELS; channel++) {
      double mean = 0;
      for (int i = 0; i < positions; i++) {
        mean += rows[(row * CHANNELS + channel) * positions + i] / positions;
      }
      for (int label = 0; label < logits.length; label++) {
        logits[label] += (float) (mean * head.get("head.weight")[label * CHANNELS + channel]);
      }
    }
    return logits;
  }

  @Test
  void refusesToSaveAPartlyFrozenBackbone() {
    try (TransferLearner learner =
        TransferLearner.of(FineTuning.backbone("vgg11"), FineTuning.learning())) {
      Fit fit = learner.fit(images, FineTuning.options().withHead(Head.POOL).withEpochs(1));

      assertThatThrownBy(
              () ->
                  fit.model()
                      .saveBackbone(
                          root.resolve("no.safetensors"), learner.backbone(), TensorType.F16))
          .isInstanceOf(IllegalStateException.class);
    }
  }
}
