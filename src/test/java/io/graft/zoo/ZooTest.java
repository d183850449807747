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
import io.graft.fetch.FetchOptions;
import io.graft.fetch.FileDigest;
import io.graft.fetch.PublishedFile;
import io.graft.image.InputSpec;
import io.graft.nn.Network;
import io.graft.nn.RandomWeights;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Progress;
import io.graft.runtime.TorchRuntime;
import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorSource;
import io.graft.testing.Fixtures;
import io.graft.weights.WeightLayout;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ZooTest {

  private static final FetchOptions OFFLINE = FetchOptions.defaults().withOffline(true);

  static List<Criteria.Builder<NDList, NDList>> criteriaForVgg16() {
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
  @MethodSource("criteriaForVgg16")
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

  @ParameterizedTest
  @ValueSource(strings = {"vgg16.tv_in1k", "vgg16.keras", "vgg16.keras_notop"})
  void djlLoadsOtherBackbonesByName(String name) throws Exception {
    Criteria<NDList, NDList> criteria =
        Criteria.builder()
            .setTypes(NDList.class, NDList.class)
            .optModelUrls("djl://io.graft/" + name)
            .optArgument("weights", "random")
            .optArgument("boundary", "block1_conv1")
            .build();
    try (ZooModel<NDList, NDList> model = criteria.loadModel()) {
      assertThat(model.getBlock().getParameters().stream().map(Pair::getKey))
          .containsExactly("features.0.weight", "features.0.bias");
    }
  }

  @Test
  void errorNamesTheMissingFileAndItsSource() {
    WeightChoice pretrained = new WeightChoice.Pretrained(OFFLINE);
    assertThatThrownBy(() -> pretrained.open(Zoo.find("vgg19_bn"), Progress.NONE))
        .isInstanceOf(WeightsException.class)
        .hasMessageContainingAll(
            Path.of("weights", "vgg19_bn-c79401a0.pth").toString(),
            "https://download.pytorch.org/models/vgg19_bn-c79401a0.pth",
            "SHA-256 c79401a0...",
            "offline");
  }

  @Test
  void errorFromDjlNamesTheMissingFile() {
    // DJL's criteria have no argument for offline use, so the build sets it in the environment.
    assertThat(FetchOptions.fromEnvironment().offline()).isTrue();
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
  void invalidArgumentsAreRefused() {
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
  void errorSuggestsTheMostSimilarBackbone() {
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
  void otherGroupsAreLeftToDjl() {
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
  void everyBackboneIsComplete() {
    assertThat(Zoo.backbones().stream().map(BackboneSpec::name))
        .hasSize(12)
        .doesNotHaveDuplicates();
    Set<String> fileNames = new HashSet<>();
    for (BackboneSpec backbone : Zoo.backbones()) {
      assertThat(backbone.name()).startsWith(backbone.network().name());
      assertThat(backbone.network().inputShape())
          .isEqualTo(new Shape(3, backbone.input().height(), backbone.input().width()));
      assertThat(backbone.licence()).isNotBlank();
      if (backbone.origin() instanceof WeightOrigin.Published published) {
        PublishedFile file = published.file();
        assertThat(file.address().getScheme()).isEqualTo("https");
        assertThat(fileNames.add(file.fileName())).as(file.fileName()).isTrue();
        assertThat(backbone.top1Percent().orElseThrow()).isBetween(69.0, 75.0);
      }
    }
  }

  @Test
  void preprocessingMatchesTheWeights() {
    for (BackboneSpec backbone : Zoo.backbones()) {
      if (backbone.published().isEmpty()) {
        continue;
      }
      assertThat(backbone.input())
          .as(backbone.name())
          .isEqualTo(
              backbone.layout() == WeightLayout.KERAS
                  ? InputSpec.KERAS_CAFFE
                  : InputSpec.TORCHVISION);
    }
    assertThat(Zoo.find("vgg16").layout()).isEqualTo(WeightLayout.TORCHVISION);
    assertThat(Zoo.find("vgg16.keras").layout()).isEqualTo(WeightLayout.KERAS);
    assertThat(Zoo.find("vgg16.keras_notop").layout()).isEqualTo(WeightLayout.KERAS);
  }

  @Test
  void torchvisionFilesAreNamedByTheirDigest() {
    for (BackboneSpec backbone : Zoo.backbones()) {
      if (backbone.layout() == WeightLayout.TORCHVISION && backbone.published().isPresent()) {
        PublishedFile file = backbone.published().get();
        assertThat(file.fileName())
            .isEqualTo(backbone.name() + "-" + file.digest().hex().substring(0, 8) + ".pth");
        assertThat(file.address())
            .hasToString("https://download.pytorch.org/models/" + file.fileName());
      }
    }
  }

  @Test
  void timmFileIsPinnedToOneRevision() {
    PublishedFile file = Zoo.find("vgg16.tv_in1k").published().orElseThrow();
    assertThat(file.address().toString())
        .matches(
            "https://huggingface.co/timm/vgg16.tv_in1k/resolve/[0-9a-f]{40}/model.safetensors");
    assertThat(file.digest().algorithm()).isEqualTo(FileDigest.Algorithm.SHA256);
  }

  @Test
  void weightFileMustMatchTheNamedBackbone() {
    BackboneSpec vgg16 = Zoo.find("vgg16");
    WeightChoice torchvision =
        new WeightChoice.FromFile(Fixtures.path("tiny_vgg16_torchvision.safetensors"));
    assertThat(torchvision.backboneFor(vgg16)).isEqualTo(vgg16);
    assertThatThrownBy(() -> torchvision.backboneFor(Zoo.find("vgg16.keras")))
        .isInstanceOf(WeightsException.class)
        .hasMessageContainingAll("torchvision's names", "vgg16.keras", "Name the backbone");
    WeightChoice keras = new WeightChoice.FromFile(Fixtures.path("tiny_vgg16_keras_legacy.h5"));
    assertThatThrownBy(() -> keras.backboneFor(Zoo.find("vgg16.tv_in1k")))
        .isInstanceOf(WeightsException.class)
        .hasMessageContainingAll("Keras's names", "vgg16.tv_in1k", "Name the backbone");
    assertThat(new WeightChoice.Random(1).backboneFor(vgg16)).isEqualTo(vgg16);
  }

  @Test
  void fileOfAnotherNetworkIsRefused() {
    WeightChoice tiny =
        new WeightChoice.FromFile(Fixtures.path("tiny_vgg16_torchvision.safetensors"));
    assertThatThrownBy(() -> tiny.open(Zoo.find("vgg16"), Progress.NONE))
        .isInstanceOf(WeightsException.class)
        .hasMessageContainingAll("'features.0.weight' has shape [4, 3, 3, 3]", "[64, 3, 3, 3]");
  }

  @Test
  void weightChoicesCanBeParsedAndWrittenBack() {
    assertThat(WeightChoice.parse("pretrained", 3, OFFLINE))
        .isEqualTo(new WeightChoice.Pretrained(OFFLINE));
    assertThat(WeightChoice.parse("random", 3, OFFLINE)).isEqualTo(new WeightChoice.Random(3));
    WeightChoice file = WeightChoice.parse("a/../b.safetensors", 3, OFFLINE);
    assertThat(file).isEqualTo(new WeightChoice.FromFile(Path.of("b.safetensors")));
    for (WeightChoice choice :
        List.of(new WeightChoice.Pretrained(OFFLINE), new WeightChoice.Random(9), file)) {
      assertThat(WeightChoice.parse(choice.optionText(), 9, OFFLINE)).isEqualTo(choice);
    }
    assertThatThrownBy(() -> WeightChoice.parse(" ", 1, OFFLINE))
        .isInstanceOf(InvalidOptionException.class);
    try (TensorSource random = new WeightChoice.Random(3).open(Zoo.find("vgg16"), Progress.NONE)) {
      assertThat(random.description()).contains("seed 3");
    }
  }

  @Test
  void bundledBackboneNeedsNoDownload() {
    BackboneSpec small = Zoo.find("vgg16_bn_small");
    assertThat(small.input()).isEqualTo(InputSpec.centred(96));
    try (TensorSource weights =
        new WeightChoice.Pretrained(FetchOptions.fromEnvironment()).open(small, Progress.NONE)) {
      assertThat(weights.tensors().keySet()).isEqualTo(small.network().parameterShapes().keySet());
    }
    assertThatThrownBy(() -> new WeightChoice.Pretrained().fetch(small, Progress.NONE))
        .isInstanceOf(WeightsException.class)
        .hasMessageContainingAll("vgg16_bn_small", "part of Graft");
  }
}
