package io.graft.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.graft.GoldenTensors;
import io.graft.runtime.InvalidOptionException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class InputSpecTest {

  private static final GoldenTensors GOLDEN = GoldenTensors.open("/golden/input_spec.safetensors");

  static Stream<Arguments> cases() {
    return IntStream.range(0, 8)
        .boxed()
        .flatMap(
            n ->
                Stream.of(
                    Arguments.of(n, "torchvision", InputSpec.TORCHVISION.withSize(28)),
                    Arguments.of(n, "keras", InputSpec.KERAS_CAFFE.withSize(28))));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void pixelsEqualTheReference(int number, String reference, InputSpec spec) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(spec.bytes() + 2);
    buffer.put((byte) 7);
    spec.write(GOLDEN.image(number + ".in"), buffer);
    assertThat(buffer.remaining()).isEqualTo(1);
    byte[] pixels = new byte[spec.bytes()];
    buffer.position(1).get(pixels);
    assertThat(pixels).isEqualTo(GOLDEN.bytes(number + "." + reference + ".pixels"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void normalizedInputEqualsTheReference(int number, String reference, InputSpec spec) {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray pixels =
          manager.create(
              ByteBuffer.wrap(GOLDEN.bytes(number + "." + reference + ".pixels")),
              new Shape(1, 28, 28, 3),
              DataType.UINT8);
      NDArray input = spec.normalize(pixels);
      assertThat(input.getShape()).isEqualTo(new Shape(1, 3, 28, 28));
      assertThat(input.getManager()).isSameAs(manager);
      assertThat(input.toFloatArray())
          .containsExactly(GOLDEN.floats(number + "." + reference + ".input"));
      assertThat(pixels.toByteArray())
          .isEqualTo(GOLDEN.bytes(number + "." + reference + ".pixels"));
    }
  }

  @Test
  void withSizeKeepsTheProportions() {
    assertThat(InputSpec.TORCHVISION.withSize(28).shortSide()).isEqualTo(32);
    assertThat(InputSpec.TORCHVISION.withSize(224)).isEqualTo(InputSpec.TORCHVISION);
    assertThat(InputSpec.KERAS_CAFFE.withSize(28).shortSide()).isZero();
    assertThat(InputSpec.TORCHVISION.bytes()).isEqualTo(224 * 224 * 3);
  }

  @Test
  void canonicalTextHasEveryField() {
    assertThat(InputSpec.TORCHVISION.canonical())
        .isEqualTo(
            "input-spec-1 size=224x224 resize=SHORT_SIDE_THEN_CROP,256,pillow-bilinear channels=RGB"
                + " divisor=255.0 mean=[0.485, 0.456, 0.406] std=[0.229, 0.224, 0.225]");
    assertThat(InputSpec.KERAS_CAFFE.canonical())
        .isEqualTo(
            "input-spec-1 size=224x224 resize=SQUASH,0,pillow-bilinear channels=BGR divisor=1.0"
                + " mean=[103.939, 116.779, 123.68] std=[1.0, 1.0, 1.0]");
    assertThat(InputSpec.TORCHVISION).hasToString("224x224 RGB, short side 256 and crop");
    assertThat(InputSpec.KERAS_CAFFE).hasToString("224x224 BGR, squash");
  }

  @Test
  void extremelyLongImageIsOnlyResizedAtItsCentre() {
    RgbImage line = new RgbImage(30_000_000, 1, new byte[90_000_000]);
    ByteBuffer pixels = ByteBuffer.allocate(224 * 224 * 3);
    InputSpec.TORCHVISION.write(line, pixels);
    assertThat(pixels.hasRemaining()).isFalse();
    assertThat(pixels.array()).containsOnly(0);
  }

  @Test
  void invalidValuesAreRefused() {
    assertThatThrownBy(() -> InputSpec.TORCHVISION.withSize(0))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("0 x 0");
    InputSpec good = InputSpec.TORCHVISION;
    assertThatThrownBy(
            () ->
                new InputSpec(
                    224,
                    224,
                    good.resize(),
                    200,
                    good.channels(),
                    255,
                    good.mean(),
                    good.standardDeviation()))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("shortSide is 200");
    assertThatThrownBy(
            () ->
                new InputSpec(
                    224,
                    224,
                    good.resize(),
                    256,
                    good.channels(),
                    255,
                    good.mean(),
                    List.of(1f, 0f, 1f)))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("standardDeviation");
  }
}
