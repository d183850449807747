package io.graft.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.runtime.InvalidOptionException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Moves the freeze boundary to named layers and blocks. */
class FreezeBoundaryTest {

  private static final Network VGG16 = Vgg.network("vgg16", new Vgg.Dimensions(32, 1, 2, 3));

  private static final Network VGG16_BN = Vgg.network("vgg16_bn", new Vgg.Dimensions(32, 1, 2, 3));

  private static FreezeBoundary flatten(Network network) {
    return Head.FLATTEN.attach(network, HiddenLayers.NONE, 3);
  }

  private static FreezeBoundary fc(Network network) {
    return Head.FC.attach(network, HiddenLayers.NONE, 3);
  }

  @ParameterizedTest
  @CsvSource({
    "none, block5_pool, head_flatten",
    "block5, block4_pool, block5_conv1",
    "block5_conv1, block4_pool, block5_conv1",
    "features.24, block4_pool, block5_conv1",
    "block5_conv3, block5_relu2, block5_conv3",
    "features.28, block5_relu2, block5_conv3",
    "block5_relu3, block5_conv3, block5_relu3",
    "block5_pool, block5_relu3, block5_pool",
    "block4, block3_pool, block4_conv1",
    "block1, input, block1_conv1",
    "all, input, block1_conv1",
  })
  void unfreezesFromTheNamedLayer(String name, String lastFrozen, String firstTrained) {
    assertBoundary(flatten(VGG16).unfreeze(new Unfreeze(name)), lastFrozen, firstTrained);
  }

  @ParameterizedTest
  @CsvSource({
    "none, fc2_relu, head",
    "fc, flatten, fc1",
    "fc1, flatten, fc1",
    "classifier.0, flatten, fc1",
    "fc2, fc1_dropout, fc2",
    "classifier.3, fc1_dropout, fc2",
    "block5, block4_pool, block5_conv1",
  })
  void fcHeadAcceptsFullyConnectedLayers(String name, String lastFrozen, String firstTrained) {
    assertBoundary(fc(VGG16).unfreeze(new Unfreeze(name)), lastFrozen, firstTrained);
  }

  @ParameterizedTest
  @CsvSource({
    "block5, block4_pool, block5_conv1",
    "block5_conv2, block5_relu1, block5_conv2",
    "block5_bn2, block5_conv2, block5_bn2",
  })
  void acceptsNamesOfNormalisationLayers(String name, String lastFrozen, String firstTrained) {
    assertBoundary(flatten(VGG16_BN).unfreeze(new Unfreeze(name)), lastFrozen, firstTrained);
  }

  private static void assertBoundary(
      FreezeBoundary boundary, String lastFrozen, String firstTrained) {
    List<NamedLayer> frozen = boundary.frozen().layers();
    assertThat(frozen.isEmpty() ? "input" : frozen.get(frozen.size() - 1).name())
        .isEqualTo(lastFrozen);
    assertThat(boundary.trainable().layers().get(0).name()).isEqualTo(firstTrained);
    assertThat(boundary.frozen().layers()).hasSize(boundary.index());
    assertThat(boundary.frozen().layers().size() + boundary.trainable().layers().size())
        .isEqualTo(boundary.network().layers().size());
  }

  @ParameterizedTest
  @CsvSource({
    "blok5, block5",
    "block5-conv1, block5_conv1",
    "Block4, block4",
    "features.25x, features.25",
    "nome, none",
  })
  void refusesUnknownNamesAndSuggestsTheNearest(String name, String nearest) {
    assertThatThrownBy(() -> flatten(VGG16).unfreeze(new Unfreeze(name)))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("No layer or block '" + name + "' of vgg16")
        .hasMessageContaining("did you mean '" + nearest + "'?");
  }

  @ParameterizedTest
  @ValueSource(strings = {"fc", "fc1", "classifier.0", "predictions", "head", "head_flatten"})
  void refusesLayersOfOrAfterTheHead(String name) {
    assertThatThrownBy(() -> flatten(VGG16).unfreeze(new Unfreeze(name)))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("fc with the head fc");
  }

  @Test
  void refusesABlankName() {
    assertThatThrownBy(() -> new Unfreeze(" "))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("Unfreeze is empty");
  }

  @Test
  void unfreezesTheBlockBeforeAPoolingHead() {
    FreezeBoundary pool = Head.POOL.attach(VGG16, HiddenLayers.NONE, 3);
    assertThat(pool.network().layers().get(pool.index() - 1).name()).isEqualTo("head_flatten");
    FreezeBoundary moved = pool.unfreeze(new Unfreeze("block5"));
    assertBoundary(moved, "block4_pool", "block5_conv1");
    assertThat(moved.trainable().layers().stream().map(NamedLayer::name).toList())
        .endsWith("block5_pool", "head_pool", "head_flatten", "head")
        .containsAll(List.of("block5_conv1", "block5_conv2", "block5_conv3"));
  }
}
