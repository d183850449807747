package io.graft.backbone;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.graft.image.InputSpec;
import io.graft.nn.Precision;
import io.graft.tensors.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Random;

/** Helpers for tests of frozen layers. */
final class FrozenLayersFixture {

  private FrozenLayersFixture() {}

  static Plan exact(int microBatch) {
    return new Plan(Precision.FP32, microBatch, 2, List.of());
  }

  static float[] run(FrozenLayers layers, ByteBuffer pixels, int rows) {
    try (NDManager scratch = layers.manager().newSubManager()) {
      return layers.forward(scratch, pixels.duplicate(), rows).toFloatArray();
    }
  }

  /** Returns float16 or float32 features as float32. */
  static FloatBuffer floats(FeatureRows features, TensorType type) {
    ByteBuffer bytes = features.values().duplicate().order(ByteOrder.nativeOrder());
    if (type == TensorType.F32) {
      return bytes.asFloatBuffer();
    }
    try (NDManager manager = NDManager.newBaseManager()) {
      Shape shape = new Shape(bytes.remaining() / 2);
      NDArray half = manager.create(bytes, shape, DataType.FLOAT16);
      return FloatBuffer.wrap(half.toType(DataType.FLOAT32, false).toFloatArray());
    }
  }

  /** Returns images with different smooth patterns. */
  static ByteBuffer images(int rows, InputSpec input) {
    ByteBuffer pixels = ByteBuffer.allocateDirect(rows * input.bytes());
    Random random = new Random(rows);
    for (int row = 0; row < rows; row++) {
      double[] wave = random.doubles(6, 0.05, 0.4).toArray();
      for (int i = 0; i < input.bytes(); i++) {
        int channel = i % 3;
        int column = i / 3 % input.width();
        int line = i / 3 / input.width();
        double phase = wave[channel] * column + wave[3 + channel] * line;
        pixels.put((byte) (127.5 + 127 * Math.sin(phase)));
      }
    }
    return pixels.flip();
  }

  /** Returns the largest difference, divided by the largest expected magnitude. */
  static double difference(float[] actual, float[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    double largest = 0;
    double worst = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      worst = Math.max(worst, Math.abs((double) actual[i] - expected[i]));
    }
    assertThat(largest).isPositive();
    return worst / largest;
  }
}
