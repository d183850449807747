package io.graft.weights.keras;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorSource;
import io.graft.tensors.TensorType;
import io.graft.testing.Golden;
import io.graft.weights.WeightFile;
import java.nio.ByteBuffer;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Reads the tensors of Keras files, which make_golden.py and make_keras.py made. */
class KerasWeightsTest {

  private static final List<String> LAYERS =
      List.of(
          "block1_conv1",
          "block1_conv2",
          "block2_conv1",
          "block2_conv2",
          "block3_conv1",
          "block3_conv2",
          "block3_conv3",
          "block4_conv1",
          "block4_conv2",
          "block4_conv3",
          "block5_conv1",
          "block5_conv2",
          "block5_conv3",
          "fc1",
          "fc2",
          "predictions");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tiny_vgg16_keras_legacy.h5",
        "tiny_vgg16_keras2.h5",
        "tiny_vgg16_keras2_model.h5",
        "tiny_vgg16_keras3.weights.h5",
        "tiny_vgg16.keras"
      })
  void everyVersionOfKerasGivesTheSameNamesAndShapes(String file) {
    Set<String> names = new LinkedHashSet<>();
    LAYERS.forEach(layer -> names.addAll(List.of(layer + "/kernel", layer + "/bias")));
    try (TensorSource weights = WeightFile.open(Golden.path(file))) {
      assertThat(weights.tensors()).containsOnlyKeys(names);
      assertThat(weights.tensors().get("block1_conv1/kernel").shape())
          .containsExactly(3L, 3L, 3L, 4L);
      assertThat(weights.tensors().get("fc1/kernel").shape()).containsExactly(1568L, 64L);
      assertThat(weights.tensors().get("fc1/bias").type()).isEqualTo(TensorType.F32);
    }
  }

  @Test
  void batchNormalisationHasFourTensorsInTheOrderOfKeras() {
    try (TensorSource weights = WeightFile.open(Golden.path("keras_batch_norm.weights.h5"))) {
      assertThat(weights.tensors())
          .containsOnlyKeys(
              "block1_conv1/kernel", "block1_conv1/bias",
              "block1_bn1/gamma", "block1_bn1/beta",
              "block1_bn1/moving_mean", "block1_bn1/moving_variance",
              "fc1/kernel", "fc1/bias");
      ByteBuffer variance = weights.readFloat32("block1_bn1/moving_variance");
      while (variance.hasRemaining()) {
        assertThat(variance.getFloat()).isPositive();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"keras_float16.h5, F16, 1e-3", "keras_float64.h5, F64, 0"})
  void otherPrecisionsAreConverted(String file, TensorType type, float tolerance) {
    try (TensorSource exact = WeightFile.open(Golden.path("tiny_vgg16_keras_legacy.h5"));
        TensorSource other = WeightFile.open(Golden.path(file))) {
      for (String name : List.of("block1_conv1/kernel", "block1_conv1/bias")) {
        assertThat(other.tensors().get(name).type()).isEqualTo(type);
        assertThat(floats(other, name, 0, (int) other.tensors().get(name).elements()))
            .containsExactly(
                floats(exact, name, 0, (int) exact.tensors().get(name).elements()),
                within(tolerance));
      }
    }
  }

  @Property(tries = 200)
  void compressedChunksEqualTheContiguousFile(
      @ForAll @IntRange(max = 100_351) int first,
      @ForAll @IntRange(min = 1, max = 5000) int count) {
    int elements = Math.min(count, 100_352 - first);
    try (TensorSource plain = WeightFile.open(Golden.path("tiny_vgg16_keras3.weights.h5"));
        TensorSource chunked = WeightFile.open(Golden.path("keras_auto_names.weights.h5"))) {
      assertThat(floats(chunked, "dense/kernel", first, elements))
          .containsExactly(floats(plain, "fc1/kernel", first, elements));
      int inConvolution = first % 9000;
      int fewer = Math.min(elements, 9216 - inConvolution);
      assertThat(floats(chunked, "conv2d_10/kernel", inConvolution, fewer))
          .containsExactly(floats(plain, "block5_conv1/kernel", inConvolution, fewer));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "keras_channels_first.keras | data_format channels_first",
        "keras_epsilon.keras | epsilon 0.01",
        "keras_cycle.h5 | nested more than 32 deep",
        "keras_external_link.h5 | '/block1_conv1' is a link",
        "keras_dense_links.h5 | dense form"
      })
  void unsupportedModelsAndHostileStructuresAreRefused(String file, String offence) {
    assertThatThrownBy(() -> WeightFile.open(Golden.path(file)))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining(offence)
        .hasMessageContaining("Expected");
  }

  @Test
  void rangesOutsideATensorAreRefused() {
    try (TensorSource weights = WeightFile.open(Golden.path("tiny_vgg16_keras_legacy.h5"))) {
      assertThatThrownBy(() -> floats(weights, "fc1/bias", 60, 5))
          .isInstanceOf(WeightsException.class)
          .hasMessageContaining("has 64 elements; 5 were asked for from element 60");
      assertThatThrownBy(() -> floats(weights, "fc1/bias", -1, 5))
          .isInstanceOf(WeightsException.class);
      assertThatThrownBy(() -> floats(weights, "fc3/bias", 0, 5))
          .isInstanceOf(WeightsException.class)
          .hasMessageContaining("No tensor 'fc3/bias'");
    }
  }

  private static float[] floats(TensorSource source, String name, long first, int count) {
    ByteBuffer bytes =
        ByteBuffer.allocate(count * Float.BYTES).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    source.readFloat32(name, first, bytes);
    float[] values = new float[count];
    bytes.flip().asFloatBuffer().get(values);
    return values;
  }
}
