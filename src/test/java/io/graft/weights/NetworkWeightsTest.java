package io.graft.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import io.graft.GoldenTensors;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import io.graft.nn.NetworkBlock;
import io.graft.nn.RandomWeights;
import io.graft.nn.Vgg;
import io.graft.nn.WeightCheck;
import io.graft.runtime.TorchRuntime;
import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorSource;
import io.graft.tensors.TensorType;
import io.graft.testing.Golden;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Tensors that fit a network are mapped. Others are refused by name. */
class NetworkWeightsTest {

  private static final Vgg.Dimensions TINY = new Vgg.Dimensions(224, 4, 64, 10);
  private static final Network VGG16 = Vgg.network("vgg16", TINY);

  @Test
  void weightsOfAnotherNetworkAreRefused() {
    TensorSource vgg19 = RandomWeights.kaimingUniform(Vgg.network("vgg19", TINY), 1);
    assertThatThrownBy(() -> NetworkWeights.of(VGG16, vgg19))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("does not hold the weights of vgg16")
        .hasMessageContaining("tensor 'features.17.weight' [32, 16, 3, 3] is missing")
        .hasMessageContaining(
            "Expected the 26 tensors of torchvision's vgg16 up to its last pooling");
  }

  @Test
  void aTransposedKernelIsRefused() {
    assertRefused(
        named(Map.of("features.0.weight", List.of(3L, 3L, 3L, 4L))),
        "tensor 'features.0.weight' has shape [3, 3, 3, 4] where [4, 3, 3, 3] is expected");
  }

  @Test
  void aClassifierOfAnotherShapeIsIgnoredFromThereOn() {
    Map<String, List<Long>> transposed = Map.of("classifier.0.weight", List.of(1568L, 64L));
    NetworkWeights none = NetworkWeights.of(VGG16, named(transposed));
    assertThat(none.network()).isEqualTo(VGG16.prefix(VGG16.indexAfter("block5_pool")));
    assertThat(none.ignored()).hasSize(6).contains(named(transposed).info("classifier.0.weight"));
    assertThatThrownBy(() -> WeightCheck.requireCovered(VGG16, none.tensors()))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("no 'classifier.0.weight' of shape [64, 1568]");

    Map<String, List<Long>> fiveClasses =
        Map.of("classifier.6.weight", List.of(5L, 64L), "classifier.6.bias", List.of(5L));
    NetworkWeights most = NetworkWeights.of(VGG16, named(fiveClasses));
    assertThat(most.tensors().tensors()).hasSize(30).containsKey("classifier.3.bias");
    assertThat(most.ignored())
        .extracting(TensorInfo::name)
        .containsExactlyInAnyOrder("classifier.6.weight", "classifier.6.bias");
    WeightCheck.requireCovered(VGG16.prefix(VGG16.indexAfter("fc2")), most.tensors());
  }

  @Test
  void anotherLayerAmongTheConvolutionsIsRefused() {
    Map<String, List<Long>> between = Map.of("features.1.weight", List.of(4L));
    assertRefused(named(between), "tensor 'features.1.weight' belongs to no layer");
    Map<String, List<Long>> after = Map.of("features.32.weight", List.of(4L));
    assertThat(NetworkWeights.of(VGG16, named(after)).ignored())
        .containsExactly(named(after).info("features.32.weight"));
  }

  @Test
  void kernelsInTheanosOrderAreRefused() {
    try (TensorSource keras = WeightFile.open(Golden.path("tiny_vgg16_keras_legacy.h5"))) {
      Map<String, List<Long>> shapes = new LinkedHashMap<>();
      keras.tensors().forEach((name, info) -> shapes.put(name, info.shape()));
      shapes.put("block1_conv1/kernel", List.of(4L, 3L, 3L, 3L));
      assertRefused(
          new Shapes(shapes),
          "tensor 'block1_conv1/kernel' has shape [4, 3, 3, 3] where [3, 3, 3, 4] is expected");
    }
  }

  @Test
  void kerasTensorsAreNotTakenForTorchvisions() {
    try (TensorSource keras = WeightFile.open(Golden.path("tiny_vgg16_keras_legacy.h5"))) {
      assertThatThrownBy(() -> WeightCheck.requireExactly(VGG16, keras))
          .isInstanceOf(WeightsException.class)
          .hasMessageContaining("'features.0.weight' [4, 3, 3, 3] is missing");
    }
  }

  @Test
  void anIncompleteClassifierIsNotUsed() {
    NetworkWeights weights = NetworkWeights.of(VGG16, named(Map.of(), "classifier.3.weight"));
    assertThat(weights.tensors().tensors()).hasSize(28).containsKey("classifier.0.bias");
    assertThatThrownBy(() -> WeightCheck.requireCovered(VGG16, weights.tensors()))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("no 'classifier.3.weight'");
  }

  @Test
  void namesOfNoProgramOrOfTwoAreRefused() {
    assertRefused(new Shapes(Map.of("encoder.block.0", List.of(1L))), "Cannot tell whose weights");
    assertRefused(
        new Shapes(Map.of("features.0.weight", List.of(4L, 3L, 3L, 3L), "fc1/kernel", List.of(1L))),
        "Cannot tell whose weights");
  }

  @Test
  void integersAreRefusedAsWeights() {
    Map<String, TensorInfo> tensors = new LinkedHashMap<>(named(Map.of()).tensors());
    tensors.put("features.0.bias", new TensorInfo("features.0.bias", TensorType.I64, List.of(4L)));
    assertRefused(new Shapes(tensors, true), "tensor 'features.0.bias' has dtype I64, not a float");
  }

  /** Keras computed the expected output, with its default epsilon. */
  @Test
  void batchNormalisationGivesTheValuesOfKeras() {
    TorchRuntime.load();
    GoldenTensors golden = GoldenTensors.open("/golden/keras_batch_norm_expected.safetensors");
    Network network =
        new Network(
            "small",
            new Shape(3, 8, 8),
            List.of(
                new NamedLayer("block1_conv1", "features.0", new Layer.Conv2d(3, 6, 3, 1, 1)),
                new NamedLayer("block1_bn1", "features.1", new Layer.BatchNorm2d(6, 1e-5f, 0.9f)),
                new NamedLayer("block1_relu1", "features.2", new Layer.Relu()),
                new NamedLayer("block1_pool", "features.3", new Layer.MaxPool2d(2, 2)),
                new NamedLayer("flatten", "flatten", new Layer.Flatten()),
                new NamedLayer("fc1", "classifier.0", new Layer.Linear(96, 5))));
    for (String file : List.of("keras_batch_norm.weights.h5", "keras_chunked.weights.h5")) {
      try (TensorSource source = WeightFile.open(Golden.path(file));
          NDManager manager = NDManager.newBaseManager()) {
        NetworkWeights weights = NetworkWeights.of(network, source);
        NetworkBlock block = NetworkBlock.frozen(network, weights.tensors(), manager);
        NDList input = new NDList(manager.create(golden.floats("input"), new Shape(4, 3, 8, 8)));
        assertThat(
                block
                    .forward(new ParameterStore(manager, false), input, false)
                    .singletonOrThrow()
                    .toFloatArray())
            .as(file)
            .containsExactly(golden.floats("output"), within(1e-5f));
      }
    }
  }

  @Property(tries = 200)
  void anyRangeOfAReorderedTensorEqualsThatOfTheWhole(
      @ForAll @IntRange(max = 100_351) int first, @ForAll @IntRange(min = 1, max = 9000) int most) {
    int count = Math.min(most, 100_352 - first);
    try (TensorSource keras = WeightFile.open(Golden.path("tiny_vgg16_keras_legacy.h5"));
        TensorSource own = WeightFile.open(Golden.path("tiny_vgg16_torchvision.safetensors"))) {
      TensorSource mapped = NetworkWeights.of(VGG16, keras).tensors();
      assertThat(floats(mapped, first, count)).containsExactly(floats(own, first, count));
    }
  }

  private static float[] floats(TensorSource source, int first, int count) {
    ByteBuffer bytes = ByteBuffer.allocate(count * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    source.readFloat32("classifier.0.weight", first, bytes);
    float[] values = new float[count];
    bytes.flip().asFloatBuffer().get(values);
    return values;
  }

  private static void assertRefused(TensorSource source, String offence) {
    assertThatThrownBy(() -> NetworkWeights.of(VGG16, source))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining(offence)
        .hasMessageContaining("Expected");
  }

  /** torchvision's tensors with some shapes changed and some tensors left out. */
  private static Shapes named(Map<String, List<Long>> changed, String... absent) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    RandomWeights.kaimingUniform(VGG16, 1)
        .tensors()
        .forEach((name, info) -> shapes.put(name, info.shape()));
    shapes.putAll(changed);
    shapes.keySet().removeAll(List.of(absent));
    return new Shapes(shapes);
  }

  /** Tensors without values. */
  private record Shapes(Map<String, TensorInfo> tensors, boolean typed) implements TensorSource {
    Shapes(Map<String, List<Long>> shapes) {
      this(new LinkedHashMap<>(), false);
      shapes.forEach(
          (name, shape) -> tensors.put(name, new TensorInfo(name, TensorType.F32, shape)));
    }

    TensorInfo info(String name) {
      return tensors.get(name);
    }

    @Override
    public void readFloat32(String name, long firstElement, ByteBuffer destination) {
      throw new AssertionError("the check reads no values");
    }

    @Override
    public String description() {
      return "a test's shapes";
    }

    @Override
    public void close() {}
  }
}
