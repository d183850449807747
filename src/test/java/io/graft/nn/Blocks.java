package io.graft.nn;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import io.graft.GoldenTensors;
import io.graft.testing.ArrayTensors;
import java.util.HashMap;
import java.util.Map;

/** Helpers for tests of blocks. */
final class Blocks {

  private Blocks() {}

  /**
   * Returns the weights of a fixture that names its tensors with a prefix and torchvision's name.
   */
  static ArrayTensors weights(Network network, GoldenTensors golden, String prefix) {
    Map<String, float[]> values = new HashMap<>();
    network.parameterShapes().keySet().forEach(n -> values.put(n, golden.floats(prefix + n)));
    return new ArrayTensors(network, values);
  }

  static float[] forward(NetworkBlock block, NDManager manager, NDArray input, boolean training) {
    try (NDManager scratch = manager.newSubManager()) {
      NDArray output =
          block
              .forward(new ParameterStore(scratch, false), new NDList(input), training)
              .singletonOrThrow();
      assertThat(output.getShape())
          .isEqualTo(block.getOutputShapes(new Shape[] {input.getShape()})[0]);
      return output.toFloatArray();
    }
  }

  /** Asserts that no difference exceeds the tolerance times the largest expected magnitude. */
  static void assertRelativelyClose(
      String name, float[] actual, float[] expected, double tolerance) {
    assertThat(actual).as(name).hasSameSizeAs(expected);
    double largest = 0;
    double worst = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      double difference = Math.abs((double) actual[i] - expected[i]);
      worst = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(worst, difference);
    }
    assertThat(largest).as(name + ": the expectation is not all zero").isPositive();
    assertThat(worst / largest).as(name + ": worst difference").isLessThan(tolerance);
  }
}
