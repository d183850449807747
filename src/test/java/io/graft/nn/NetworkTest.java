package io.graft.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.graft.GoldenTensors;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.TorchRuntime;
import io.graft.testing.ArrayTensors;
import io.graft.testing.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class NetworkTest {

  private static final Network VGG16 = Vgg.network("vgg16", Vgg.Dimensions.IMAGENET);
  private static final Network TINY = Vgg.network("vgg11_bn", new Vgg.Dimensions(32, 2, 8, 10));

  static List<String> names() {
    return Vgg.names();
  }

  @ParameterizedTest
  @MethodSource("names")
  void parametersHaveTorchvisionsNamesShapesAndOrder(String name) throws IOException {
    JsonObject expected =
        JsonParser.parseString(Files.readString(Fixtures.path("vgg_parameters.json")))
            .getAsJsonObject()
            .getAsJsonObject(name);
    List<String> lines = new ArrayList<>();
    Vgg.network(name, Vgg.Dimensions.IMAGENET)
        .parameterShapes()
        .forEach(
            (key, shape) -> lines.add(key + " " + java.util.Arrays.toString(shape.getShape())));
    assertThat(lines)
        .containsExactlyElementsOf(
            expected.entrySet().stream()
                .map(e -> e.getKey() + " " + e.getValue().toString().replace(",", ", "))
                .toList());
  }

  @Test
  void hasTorchvisionsNetworksAndRefusesOthers() throws IOException {
    assertThat(Vgg.names())
        .containsExactlyInAnyOrderElementsOf(
            JsonParser.parseString(Files.readString(Fixtures.path("vgg_parameters.json")))
                .getAsJsonObject()
                .keySet());
    assertThatThrownBy(() -> Vgg.network("vgg61", Vgg.Dimensions.IMAGENET))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContainingAll("'vgg61'", "vgg16");
  }

  /**
   * VGG16's module numbers are torchvision's: features.28 is block5_conv3, features.29 its ReLU.
   */
  @ParameterizedTest
  @CsvSource({
    "vgg16, block1_conv1, features.1",
    "vgg16, features.0, features.0",
    "vgg16, block5_conv3, features.29",
    "vgg16, features.28, features.28",
    "vgg16, features.29, features.29",
    "vgg16, block5_pool, features.30",
    "vgg16, features.30, features.30",
    "vgg16, fc1, classifier.1",
    "vgg16, classifier.0, classifier.0",
    "vgg16, fc2, classifier.4",
    "vgg16, classifier.3, classifier.3",
    "vgg16, classifier.5, classifier.5",
    "vgg16, flatten, flatten",
    "vgg16, avgpool, avgpool",
    "vgg16, predictions, classifier.6",
    "vgg16_bn, block1_conv1, features.2",
    "vgg16_bn, features.0, features.0",
    "vgg16_bn, features.1, features.1",
    "vgg16_bn, block5_conv3, features.42",
    "vgg16_bn, block5_pool, features.43",
    "vgg19, block5_conv4, features.35",
  })
  void findsTheBoundaryAfterALayer(String network, String name, String lastPath) {
    Network whole = Vgg.network(network, Vgg.Dimensions.IMAGENET);
    assertThat(whole.layers().get(whole.indexAfter(name) - 1).path()).isEqualTo(lastPath);
  }

  @ParameterizedTest
  @CsvSource({
    "block5_conv4, block5_conv",
    "block5pool, block5_pool",
    "feature.28, features.28",
    "fc3, fc",
    "'', block1_conv1"
  })
  void refusesUnknownLayersAndSuggestsTheNearest(String name, String suggested) {
    assertThatThrownBy(() -> VGG16.indexAfter(name))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContainingAll("No layer '" + name + "' in vgg16", suggested, "predictions");
  }

  @Test
  void outputShapesMatchThePaper() {
    assertThat(VGG16.prefix(VGG16.indexAfter("block1_pool")).outputShape())
        .isEqualTo(new Shape(64, 112, 112));
    assertThat(VGG16.prefix(VGG16.indexAfter("block5_pool")).outputShape())
        .isEqualTo(new Shape(512, 7, 7));
    assertThat(VGG16.suffix(VGG16.indexAfter("block5_pool")).inputShape())
        .isEqualTo(new Shape(512, 7, 7));
    assertThat(VGG16.outputShape()).isEqualTo(new Shape(1000));
  }

  @Test
  void hiddenLayersPrecedeTheClassifier() {
    HiddenLayers hidden =
        HiddenLayers.of(64, 16).withActivation(HiddenLayers.Activation.TANH).withDropout(0.5);
    Network trainable = Head.POOL.attach(VGG16, hidden, 5).trainable();
    assertThat(trainable.layers().stream().map(NamedLayer::layer))
        .containsExactly(
            new Layer.Linear(512, 64),
            new Layer.Tanh(),
            new Layer.Dropout(0.5f),
            new Layer.Linear(64, 16),
            new Layer.Tanh(),
            new Layer.Dropout(0.5f),
            new Layer.Linear(16, 5));
    assertThat(trainable.parameterShapes().keySet())
        .containsExactly(
            "head_hidden1.weight",
            "head_hidden1.bias",
            "head_hidden2.weight",
            "head_hidden2.bias",
            "head.weight",
            "head.bias");
    assertThat(
            Head.FC
                .attach(VGG16, HiddenLayers.NONE.withDropout(0.5), 5)
                .trainable()
                .layers()
                .stream()
                .map(NamedLayer::layer))
        .containsExactly(new Layer.Dropout(0.5f), new Layer.Linear(4096, 5));
    assertThatThrownBy(() -> HiddenLayers.of(0))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("0 units");
    assertThatThrownBy(() -> hidden.withDropout(1))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("Dropout is 1.0");
  }

  @ParameterizedTest
  @EnumSource(Head.class)
  void headsHaveTheirDocumentedBoundary(Head head) {
    FreezeBoundary boundary = head.attach(VGG16, HiddenLayers.NONE, 5);
    long features =
        switch (head) {
          case FLATTEN -> 25_088;
          case POOL -> 512;
          case FC -> 4_096;
        };
    String last =
        switch (head) {
          case FLATTEN -> "block5_pool";
          case POOL -> "head_flatten";
          case FC -> "fc2_relu";
        };
    assertThat(boundary.network().layers().get(boundary.index() - 1).name()).isEqualTo(last);
    assertThat(boundary.frozen().outputShape().size()).isEqualTo(features);
    assertThat(boundary.trainable().inputShape()).isEqualTo(boundary.frozen().outputShape());
    assertThat(boundary.trainable().outputShape()).isEqualTo(new Shape(5));
    assertThat(boundary.trainable().parameterShapes())
        .containsOnlyKeys("head.weight", "head.bias")
        .containsEntry("head.weight", new Shape(5, features))
        .containsEntry("head.bias", new Shape(5));
    assertThat(VGG16.parameterShapes()).containsAllEntriesOf(boundary.frozen().parameterShapes());
    assertThat(Head.parse(head.optionName())).isEqualTo(head);
  }

  @Test
  void refusesUnknownHeadsAndSuggestsTheNearest() {
    assertThatThrownBy(() -> Head.parse("flaten"))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContainingAll("'flaten'", "did you mean 'flatten'?");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -32, 31, 33, 100})
  void refusesImageSizesThatTheBlocksCannotHalve(int size) {
    assertThatThrownBy(() -> new Vgg.Dimensions(size, 64, 64, 10))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContainingAll(size + " pixels", "multiple of 32");
  }

  /** Both ways run the same kernels, so the results are bit-identical. */
  @Property(tries = 40)
  void frozenAndTrainedLayersTogetherMatchTheWholeNetwork(
      @ForAll @IntRange(min = 0, max = 38) int boundary) {
    TorchRuntime.load();
    assertThat(TINY.layers()).hasSize(38);
    GoldenTensors golden = GoldenTensors.open("/golden/tiny_vgg11_bn.safetensors");
    ArrayTensors weights = Blocks.weights(TINY, golden, "weight/");
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray x = manager.create(golden.floats("input"), new Shape(4, 3, 32, 32));
      NetworkBlock whole = NetworkBlock.frozen(TINY, weights, manager);
      NetworkBlock frozen = NetworkBlock.frozen(TINY.prefix(boundary), weights, manager);
      NetworkBlock trained = NetworkBlock.trainable(TINY.suffix(boundary), weights, manager);
      float[] features = Blocks.forward(frozen, manager, x, false);
      NDArray trainedInput =
          manager.create(features, new Shape(4).addAll(TINY.prefix(boundary).outputShape()));
      assertThat(Blocks.forward(trained, manager, trainedInput, false))
          .isEqualTo(Blocks.forward(whole, manager, x, false));
      assertThat(frozen.getParameters().size() + trained.getParameters().size())
          .isEqualTo(whole.getParameters().size());
      assertThat(x.toFloatArray()).as("the input is unchanged").isEqualTo(golden.floats("input"));
    }
  }
}
