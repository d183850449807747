package io.graft.backbone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.Shape;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import io.graft.testing.ArrayTensors;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FiniteTensorsTest {

  private static final Network NETWORK =
      new Network(
          "linear",
          new Shape(5_000),
          List.of(new NamedLayer("fc", "fc", new Layer.Linear(5_000, 1))));

  private static FiniteTensors tensors(float last) {
    float[] values = new float[5_000];
    values[4_999] = last;
    return new FiniteTensors(
        new ArrayTensors(NETWORK, Map.of("fc.weight", values, "fc.bias", new float[1])));
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void namesATensorWithAValueThatIsNotFinite(float value) {
    assertThatThrownBy(() -> tensors(value).readFloat32("fc.weight"))
        .isInstanceOf(UnsupportedPrecisionException.class)
        .hasMessageContaining("Tensor 'fc.weight'")
        .hasMessageContaining("holds " + value);
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.MAX_VALUE, -Float.MAX_VALUE, -0f, Float.MIN_VALUE})
  void finiteValuesPass(float value) {
    assertThat(tensors(value).readFloat32("fc.weight").getFloat(4 * 4_999)).isEqualTo(value);
  }
}
