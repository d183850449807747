package io.graft.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.Shape;
import io.graft.image.InputSpec;
import io.graft.runtime.InvalidOptionException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Names of backbones with suffixes for image size and width. */
class ZooNamesTest {

  @Test
  void imageSizeIsPartOfTheNameAndScalesTheShortSide() {
    BackboneSpec sized = Zoo.find("vgg16.s128");

    assertThat(sized.name()).isEqualTo("vgg16.s128");
    assertThat(sized.network().inputShape()).isEqualTo(new Shape(3, 128, 128));
    // The short side is 256 for images of 224 pixels, so it is 128 * 256 / 224 = 146 here.
    assertThat(sized.input().shortSide()).isEqualTo(146);
    assertThat(sized.input().mean()).isEqualTo(InputSpec.TORCHVISION.mean());
    assertThat(sized.origin()).isEqualTo(Zoo.find("vgg16").origin());
    assertThat(sized.network().layers()).isEqualTo(Zoo.find("vgg16").network().layers());
  }

  @Test
  void defaultImageSizeOfABackboneChangesNothing() {
    assertThat(Zoo.find("vgg16.s224")).isEqualTo(Zoo.find("vgg16"));
    assertThat(Zoo.find("vgg16.s128").withImageSize(64)).isEqualTo(Zoo.find("vgg16.s64"));
  }

  @Test
  void widthSelectsAnotherNetwork() {
    BackboneSpec quarter = Zoo.find("vgg16_bn.w0.25.s96");

    assertThat(quarter.name()).isEqualTo("vgg16_bn.w0.25.s96");
    assertThat(quarter.network().name()).isEqualTo("vgg16_bn");
    assertThat(quarter.network().parameterShapes().get("features.0.weight"))
        .isEqualTo(new Shape(16, 3, 3, 3));
    assertThat(quarter.network().outputShape()).isEqualTo(new Shape(128, 3, 3));
    assertThat(quarter.input()).isEqualTo(InputSpec.centred(96));
    assertThat(quarter.published()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "vgg16_bn, 0.25, 96, vgg16_bn.w0.25.s96",
    "vgg11, 1, 224, vgg11.w1",
    "vgg19_bn, 0.0625, 32, vgg19_bn.w0.0625.s32",
    "vgg13, 0.50, 64, vgg13.w0.5.s64",
    "vgg16, 4, 224, vgg16.w4",
  })
  void ownBackbonesAreFoundByTheirName(String network, double width, int size, String name) {
    BackboneSpec own = Zoo.own(network, width, size);

    assertThat(own.name()).isEqualTo(name);
    assertThat(own).hasToString(name);
    assertThat(Zoo.find(name)).isEqualTo(own);
    assertThat(own.withImageSize(160)).isEqualTo(Zoo.own(network, width, 160));
  }

  @ParameterizedTest
  @ValueSource(strings = {"vgg16.w0.3", "vgg16.w0", "vgg16.w4.1", "vgg16.w99", "vgg16.w0.001"})
  void invalidWidthsAreRefused(String name) {
    assertThatThrownBy(() -> Zoo.find(name))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("Width is " + name.substring("vgg16.w".length()))
        .hasMessageContaining("such as 0.25");
  }

  @ParameterizedTest
  @ValueSource(strings = {"vgg16.s0", "vgg16.s31", "vgg16.s100", "vgg16_bn.w0.25.s50"})
  void imageSizesThatAreNotAMultipleOf32AreRefused(String name) {
    assertThatThrownBy(() -> Zoo.find(name))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("expected a multiple of 32");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "vgg17.s96",
        "vgg17.w0.5",
        "vgg16.w",
        "vgg16.s",
        "vgg16.s96.w0.5",
        "vgg16.w-1",
        ".s96",
        ""
      })
  void unknownNamesAreRefused(String name) {
    assertThatThrownBy(() -> Zoo.find(name))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageMatching("(?s)No (backbone|network) '.*");
  }

  @Test
  void kerasBackbonesKeepTheirPreprocessingAtOtherSizes() {
    BackboneSpec sized = Zoo.find("vgg16.keras.s64");

    assertThat(sized.input().resize()).isEqualTo(InputSpec.Resize.SQUASH);
    assertThat(List.of(sized.input().width(), sized.input().height())).containsExactly(64, 64);
    assertThat(sized.layout()).isEqualTo(Zoo.find("vgg16.keras").layout());
  }
}
