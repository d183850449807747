package io.graft.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Application;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.util.Pair;
import io.graft.image.InputSpec;
import io.graft.nn.Network;
import io.graft.nn.RandomWeights;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.TorchRuntime;
import io.graft.runtime.WeightsException;
import io.graft.testing.Fixtures;
import io.graft.weights.TensorSource;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ZooTest {

  static List<Criteria.Builder<NDList, NDList>> waysToNameVgg16() {
    return List.of(
        Criteria.builder()
            .setTypes(NDList.class, NDList.class)
            .optModelUrls("djl://io.graft/vgg16"),
        Criteria.builder()
            .setTypes(NDList.class, NDList.class)
            .optGroupId("io.graft")
            .optArtifactId("vgg16"),
        Criteria.builder()
            .setTypes(NDList.class, NDList.class)
            .optApplication(Application.CV.IMAGE_CLASSIFICATION)
            .optEngine("PyTorch")
            .optGroupId("io.graft")
            .optArtifactId("vgg16"));
  }

  @ParameterizedTest
  @MethodSource("waysToNameVgg16")
  void djlLoadsAFrozenBackboneByCriteria(Criteria.Builder<NDList, NDList> builder)
      throws Exception {
    Criteria<NDList, NDList> criteria =
        builder
            .optArgument("weights", "random")
            .optArgument("seed", "1")
            .optArgument("boundary", "block1_pool")
            .build();
    try (ZooModel<NDList, NDList> model = criteria.loadModel();
        NDManager manager = NDManager.newBaseManager();
        Predictor<NDList, NDList> predictor = model.newPredictor()) {
      assertThat(model.getBlock().getParameters().stream().map(Pair::getKey))
          .containsExactly(
              "features.0.weight", "features.0.bias", "features.2.weight", "features.2.bias");
      NDArray rows =
          predictor.predict(new NDList(manager.ones(new Shape(2, 3, 224, 224)))).singletonOrThrow();
      assertThat(rows.getShape()).isEqualTo(new Shape(2, 64, 112, 112));
      Network network = Zoo.find("vgg16").network();
      FloatBuffer expected =
          RandomWeights.kaimingUniform(network, 1).readFloat32("features.2.weight").asFloatBuffer();
      float[] actual =
          model.getBlock().getParameters().get("features.2.weight").getArray().toFloatArray();
      assertThat(FloatBuffer.wrap(actual)).isEqualTo(expected);
    }
  }

  @Test
  void aMissingPretrainedFileIsNamedWithWhereToGetIt() {
    // The cache folder of a test machine holds no weights of VGG19 with batch normalisation.
    assertThatThrownBy(() -> new WeightChoice.Pretrained().open(Zoo.find("vgg19_bn")))
        .isInstanceOf(WeightsException.class)
        .hasMessageContainingAll(
            Path.of("weights", "vgg19_bn.safetensors").toString(),
            "https://download.pytorch.org/models/vgg19_bn-c79401a0.pth",
            "--weights random");
    TorchRuntime.load();
    assertThatThrownBy(
            () ->
                Criteria.builder()
                    .setTypes(NDList.class, NDList.class)
                    .optModelUrls("djl://io.graft/vgg19_bn")
                    .build()
                    .loadModel())
        .hasStackTraceContaining("WeightsException")
        .hasStackTraceContaining("vgg19_bn-c79401a0.pth");
  }

  @Test
  void argumentsThatMeanNothingAreRefused() {
    for (List<String> wrong :
        List.of(
            List.of("boundary", "block9_pool", "block"),
            List.of("seed", "one", "whole number"),
            List.of("weights", "/no/such.safetensors", "/no/such.safetensors"))) {
      assertThatThrownBy(
              () ->
                  Criteria.builder()
                      .setTypes(NDList.class, NDList.class)
                      .optModelUrls("djl://io.graft/vgg16")
                      .optArgument("weights", "random")
                      .optArgument(wrong.get(0), wrong.get(1))
                      .build()
                      .loadModel())
          .hasStackTraceContaining(wrong.get(1))
          .hasStackTraceContaining(wrong.get(2));
    }
  }

  @Test
  void anUnknownBackboneIsAnErrorThatSuggestsTheNearest() {
    assertThatThrownBy(() -> Zoo.find("vg16"))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContainingAll("'vg16'", "did you mean 'vgg16'?", "vgg19_bn");
    assertThatThrownBy(
            () ->
                Criteria.builder()
                    .setTypes(NDList.class, NDList.class)
                    .optModelUrls("djl://io.graft/vgg61")
                    .build()
                    .loadModel())
        .hasStackTraceContaining("djl://io.graft/vgg61");
  }

  @Test
  void otherGroupsAreDjlsBusiness() {
    assertThatThrownBy(
            () ->
                Criteria.builder()
                    .setTypes(NDList.class, NDList.class)
                    .optModelUrls("djl://no.such.group/resnet")
                    .build()
                    .loadModel())
        .hasStackTraceContaining("djl://no.such.group/resnet");
  }

  @Test
  void everyRowIsWholeAndGoesWithTorchvisionsPreprocessing() {
    assertThat(Zoo.backbones()).hasSize(8);
    for (BackboneSpec backbone : Zoo.backbones()) {
      assertThat(backbone.network().name()).isEqualTo(backbone.name());
      assertThat(backbone.input()).isEqualTo(InputSpec.TORCHVISION);
      assertThat(backbone.network().inputShape())
          .isEqualTo(new Shape(3, backbone.input().height(), backbone.input().width()));
      assertThat(backbone.weights().source())
          .isEqualTo(
              "https://download.pytorch.org/models/%s-%s.pth"
                  .formatted(backbone.name(), backbone.weights().sha256Prefix()));
      assertThat(backbone.weights().sha256Prefix()).matches("[0-9a-f]{8}");
      assertThat(backbone.weights().top1Percent()).isBetween(69.0, 75.0);
    }
  }

  @Test
  void aFileIsOpenedOnlyIfItIsOfTheNetwork() {
    WeightChoice tiny =
        WeightChoice.parse(Fixtures.path("tiny_vgg16_torchvision.safetensors").toString(), 1);
    assertThatThrownBy(() -> tiny.open(Zoo.find("vgg16")))
        .isInstanceOf(WeightsException.class)
        .hasMessageContainingAll("'features.0.weight' has shape [4, 3, 3, 3]", "[64, 3, 3, 3]");
  }

  @Test
  void choicesAreParsedFromWhatPeopleTypeAndWrittenBack() {
    assertThat(WeightChoice.parse("pretrained", 3)).isEqualTo(new WeightChoice.Pretrained());
    assertThat(WeightChoice.parse("random", 3)).isEqualTo(new WeightChoice.Random(3));
    WeightChoice file = WeightChoice.parse("a/../b.safetensors", 3);
    assertThat(file).isEqualTo(new WeightChoice.FromFile(Path.of("b.safetensors")));
    for (WeightChoice choice :
        List.of(new WeightChoice.Pretrained(), new WeightChoice.Random(9), file)) {
      assertThat(WeightChoice.parse(choice.optionText(), 9)).isEqualTo(choice);
    }
    assertThatThrownBy(() -> WeightChoice.parse(" ", 1)).isInstanceOf(InvalidOptionException.class);
    try (TensorSource random = new WeightChoice.Random(3).open(Zoo.find("vgg16"))) {
      assertThat(random.description()).contains("seed 3");
    }
  }
}
