package io.graft.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.modality.Classifications;
import com.google.gson.Gson;
import io.graft.FitListener;
import io.graft.data.ImageFolder;
import io.graft.data.OnBadImage;
import io.graft.eval.SingleLabelEvaluation;
import io.graft.features.Extraction;
import io.graft.features.FeatureCache;
import io.graft.nn.Unfreeze;
import io.graft.runtime.Progress;
import io.graft.tensors.TensorType;
import io.graft.testing.Golden;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/**
 * Loads a model in the first format, which had no temperature, statistics or unfrozen layers.
 * make_first.py wrote the model and the expectations.
 */
class FirstModelTest {

  /** The results of the Graft that saved the model. Probabilities are by image and class. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Expected(
      double loss, int[][] confusion, Map<String, Map<String, Double>> probabilities) {}

  @Test
  void predictsTheSameAsWhenItWasSaved() throws Exception {
    Path folder = Golden.path("../models/0.1.0-first");
    Expected expected =
        new Gson().fromJson(Files.readString(folder.resolve("expected.json")), Expected.class);
    ImageFolder images = ImageFolder.open(folder.resolve("pictures"));
    try (TransferModel model =
            TransferModel.load(
                folder.resolve("model"),
                List.of(Device.cpu()),
                Optional.empty(),
                UnaryOperator.identity(),
                Progress.NONE);
        Extraction rows =
            model.extract(images, FeatureCache.off(), OnBadImage.FAIL, FitListener.NONE)) {
      assertThat(expected.probabilities()).hasSize(8);
      expected
          .probabilities()
          .forEach(
              (file, byClass) -> {
                Classifications predicted =
                    model.classify(folder.resolve("pictures").resolve(file));
                byClass.forEach(
                    (name, probability) ->
                        assertThat(predicted.get(name).getProbability())
                            .as(file)
                            .isCloseTo(probability, within(1e-3)));
              });
      SingleLabelEvaluation evaluation = (SingleLabelEvaluation) model.evaluate(rows);
      assertThat(evaluation.loss()).isCloseTo(expected.loss(), within(1e-3));
      assertThat(evaluation.confusion()).isDeepEqualTo(expected.confusion());
      assertThat(model.card().decision().temperature()).isEqualTo(1);
      assertThat(model.card().unfreeze()).isEqualTo(Unfreeze.NONE);
      assertThat(model.card().rowType()).isEqualTo(TensorType.F16);
      assertThat(model.statistics()).isEmpty();
      assertThat(model.drift(rows)).isEmpty();
    }
  }
}
