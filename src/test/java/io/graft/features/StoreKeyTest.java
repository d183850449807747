package io.graft.features;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import io.graft.backbone.FrozenLayers;
import io.graft.backbone.Plan;
import io.graft.image.InputSpec;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import io.graft.nn.Precision;
import io.graft.nn.RandomWeights;
import io.graft.nn.Vgg;
import io.graft.tensors.TensorType;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares the keys of stored rows with the keys of existing stores on disk. */
class StoreKeyTest {

  private static StoreKey key(Network whole, InputSpec input, String boundary, Plan plan) {
    Network frozen = whole.prefix(whole.indexAfter(boundary));
    try (FrozenLayers layers =
        FrozenLayers.of(
            frozen, input, () -> RandomWeights.kaimingUniform(whole, 1), Device.cpu(), plan)) {
      return StoreKey.of(layers, TensorType.F16);
    }
  }

  private static Network small(String name) {
    return Vgg.network(name, new Vgg.Dimensions(32, 2, 8, 5));
  }

  private static Plan plan(Precision precision) {
    List<Float> scales = List.of(0.1f, 1e-5f, 12345678f, 100f);
    return new Plan(precision, 1, 1, precision == Precision.INT8 ? scales : List.of());
  }

  @Test
  void canonicalTextHasEveryFieldOfTheKey() {
    InputSpec input = InputSpec.TORCHVISION.withSize(32);
    assertThat(key(small("vgg16"), input, "flatten", plan(Precision.FP32)).canonical())
        .isEqualTo(
            """
            {"format":"graft feature rows 1","network":"vgg16","layers_sha256":\
            "6cf3099b62eb8acae4a76358c3f639f509804af72825231af95dc9f4a958d7c6",\
            "boundary":"flatten","weights_sha256":\
            "8a3fb3bd0f57e96b4d0be5ad207a3e16fc2462223103e77aa6c53e236300d053",\
            "input":"input-spec-1 size\\u003d32x32 \
            resize\\u003dSHORT_SIDE_THEN_CROP,37,pillow-bilinear channels\\u003dRGB \
            divisor\\u003d255.0 mean\\u003d[0.485, 0.456, 0.406] \
            std\\u003d[0.229, 0.224, 0.225]",\
            "precision":"fp32","dtype":"F16","row_shape":"[784]"}\
            """);
    assertThat(StoreKey.ofImageDigests().canonical())
        .isEqualTo(
            "{\"format\":\"graft image digests 2\",\"dtype\":\"U8\",\"row_shape\":\"[33]\"}");
  }

  @ParameterizedTest
  @CsvSource({
    "FP32, block3_pool, fp32-winograd",
    "FP32, block2_pool, fp32",
    "BF16, block3_pool, bf16",
  })
  void rowsOfConvolutionsWithFewerMultiplicationsAreKeptApart(
      Precision precision, String boundary, String field) {
    Network whole = Vgg.network("vgg16", new Vgg.Dimensions(96, 64, 8, 5));
    StoreKey key = key(whole, InputSpec.TORCHVISION.withSize(96), boundary, plan(precision));
    assertThat(key.fields()).containsEntry("precision", field);
  }

  @ParameterizedTest
  @CsvSource({
    "vgg16,    flatten,      FP32,"
        + " 8df7952a29079b1ff101da5c064fb28796e0cd94868ad8f2e29005658148cde9",
    "vgg16,    block4_pool,  BF16,"
        + " 47e9fd26f74207adcebcb19b4b10eb08715a8f1582e31d333269c0206894643a",
    "vgg16_bn, block3_conv3, INT8, 05561daca2bfb1cd432c6c519902bb7add29bb67b2004689908bde58c814c133"
  })
  void folderNamesOfExistingStoresStayTheSame(
      String network, String boundary, Precision precision, String id) {
    InputSpec input =
        network.equals("vgg16") ? InputSpec.TORCHVISION.withSize(32) : InputSpec.KERAS_CAFFE;
    assertThat(key(small(network), input, boundary, plan(precision)).id()).isEqualTo(id);
  }

  @Test
  void everyTypeOfLayerHasAFixedText() {
    List<NamedLayer> layers =
        List.of(
            new NamedLayer("conv", "features.0", new Layer.Conv2d(3, 4, 3, 2, 1)),
            new NamedLayer("bn", "features.1", new Layer.BatchNorm2d(4, 1e-5f, 0.9f)),
            new NamedLayer("relu", "features.2", new Layer.Relu()),
            new NamedLayer("tanh", "features.3", new Layer.Tanh()),
            new NamedLayer("sigmoid", "features.4", new Layer.Sigmoid()),
            new NamedLayer("pool", "features.5", new Layer.MaxPool2d(2, 3)),
            new NamedLayer("avgpool", "avgpool", new Layer.AdaptiveAvgPool2d(7)),
            new NamedLayer("flatten", "flatten", new Layer.Flatten()),
            new NamedLayer("fc", "classifier.0", new Layer.Linear(196, 5)),
            new NamedLayer("dropout", "classifier.1", new Layer.Dropout(0.5f)));
    Set<Class<?>> kinds = layers.stream().map(layer -> layer.layer().getClass()).collect(toSet());
    assertThat(kinds).containsExactlyInAnyOrder(Layer.class.getPermittedSubclasses());
    assertThat(StoreKey.text(layers))
        .isEqualTo(
            "[NamedLayer[name=conv, path=features.0, layer=Conv2d[inChannels=3, outChannels=4,"
                + " kernelSize=3, stride=2, padding=1]], NamedLayer[name=bn, path=features.1,"
                + " layer=BatchNorm2d[channels=4, epsilon=1.0E-5, momentum=0.9]],"
                + " NamedLayer[name=relu, path=features.2, layer=Relu[]], NamedLayer[name=tanh,"
                + " path=features.3, layer=Tanh[]], NamedLayer[name=sigmoid, path=features.4,"
                + " layer=Sigmoid[]], NamedLayer[name=pool, path=features.5,"
                + " layer=MaxPool2d[kernelSize=2, stride=3]], NamedLayer[name=avgpool,"
                + " path=avgpool, layer=AdaptiveAvgPool2d[outputSize=7]],"
                + " NamedLayer[name=flatten, path=flatten, layer=Flatten[]], NamedLayer[name=fc,"
                + " path=classifier.0, layer=Linear[inFeatures=196, outFeatures=5]],"
                + " NamedLayer[name=dropout, path=classifier.1,"
                + " layer=Dropout[probability=0.5]]]");
  }

  @Test
  void parsingACanonicalTextReturnsTheKey() {
    StoreKey key = StoreKey.ofImageDigests();
    assertThat(StoreKey.parse(key.canonical())).isEqualTo(key);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "{",
        "{\"dtype\":\"F16\",\"row_shape\":\"[3]\"}",
        "{\"format\":\"x\",\"row_shape\":\"[3]\"}",
        "{\"format\":\"x\",\"dtype\":\"F17\",\"row_shape\":\"[3]\"}",
        "{\"format\":\"x\",\"dtype\":\"F16\"}",
        "{\"format\":\"x\",\"dtype\":\"F16\",\"row_shape\":null}",
        "{\"format\":\"x\",\"dtype\":\"F16\",\"row_shape\":\"[3,null]\"}",
        "{\"format\":\"x\",\"dtype\":\"F16\",\"row_shape\":\"[-3]\"}",
        "{\"format\":\"x\",\"dtype\":\"F16\",\"row_shape\":\"[3]\",\"network\":null}",
        "{\"format\":\"x\",\"dtype\":\"F16\",\"row_shape\":\"[3]\",\"network\":{}}"
      })
  void parsingRefusesInvalidTexts(String text) {
    assertThatThrownBy(() -> StoreKey.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }
}
