package io.graft.backbone;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.graft.GoldenTensors;
import io.graft.image.InputSpec;
import io.graft.nn.Network;
import io.graft.nn.Precision;
import io.graft.nn.Vgg;
import io.graft.runtime.TorchRuntime;
import io.graft.testing.FormulaWeights;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Compiled layers against torchvision and Keras (make_golden.py, make_networks.py), and the reduced
 * precisions against what they round.
 */
class CompiledPrefixTest {

  private static final Network VGG16 = Vgg.network("vgg16", Vgg.Dimensions.IMAGENET);
  private static final Network FEATURES = VGG16.prefix(VGG16.indexBehind("block5_pool"));

  @BeforeAll
  static void load() {
    TorchRuntime.load();
  }

  @Test
  void vgg16InFullSizeGivesTorchvisionsAndKerassFeatures() {
    GoldenTensors golden = GoldenTensors.open("/golden/vgg16_full.safetensors");
    try (FormulaWeights weights = new FormulaWeights(VGG16, 1)) {
      float[] expected = golden.floats("0.torchvision.features");
      ByteBuffer pixels = direct(golden.bytes("0.torchvision.pixels"));
      try (FrozenPrefix prefix = prefix(FEATURES, InputSpec.TORCHVISION, weights, exact(1))) {
        assertThat(difference(run(prefix, pixels, 1), expected)).isLessThan(1e-4);
        Plan int8 = new Plan(Precision.INT8, 1, 2, prefix.activationScales(pixels, 1));
        try (FrozenPrefix other = prefix(FEATURES, InputSpec.TORCHVISION, weights, int8)) {
          assertThat(Agreement.of(expected, run(other, pixels, 1), 1).mean()).isGreaterThan(0.999);
        }
      }
      Plan bf16 = new Plan(Precision.BF16, 1, 2, List.of());
      try (FrozenPrefix prefix = prefix(FEATURES, InputSpec.TORCHVISION, weights, bf16)) {
        assertThat(Agreement.of(expected, run(prefix, pixels, 1), 1).mean()).isGreaterThan(0.9999);
      }
      float[] keras = nchw(golden.floats("0.keras.features"), 512, 49);
      try (FrozenPrefix prefix = prefix(FEATURES, InputSpec.KERAS_CAFFE, weights, exact(1))) {
        ByteBuffer kerasPixels = direct(golden.bytes("0.keras.pixels"));
        assertThat(difference(run(prefix, kerasPixels, 1), keras)).isLessThan(1e-4);
        Plan int8 = new Plan(Precision.INT8, 1, 2, prefix.activationScales(kerasPixels, 1));
        try (FrozenPrefix other = prefix(FEATURES, InputSpec.KERAS_CAFFE, weights, int8)) {
          assertThat(Agreement.of(keras, run(other, kerasPixels, 1), 1).mean())
              .isGreaterThan(0.999);
        }
      }
    }
  }

  private static FrozenPrefix prefix(
      Network network, InputSpec input, FormulaWeights weights, Plan plan) {
    return FrozenPrefix.of(network, input, () -> weights, Device.cpu(), plan);
  }

  private static Plan exact(int microBatch) {
    return new Plan(Precision.FP32, microBatch, 2, List.of());
  }

  private static float[] run(FrozenPrefix prefix, ByteBuffer pixels, int rows) {
    try (NDManager scratch = prefix.manager().newSubManager()) {
      return prefix.forward(scratch, pixels.duplicate(), rows).toFloatArray();
    }
  }

  private static ByteBuffer direct(byte[] bytes) {
    return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
  }

  private static float[] nchw(float[] nhwc, int channels, int places) {
    float[] ordered = new float[nhwc.length];
    for (int i = 0; i < nhwc.length; i++) {
      ordered[i % channels * places + i / channels] = nhwc[i];
    }
    return ordered;
  }

  /** The largest difference as a share of the largest expected magnitude. */
  private static double difference(float[] actual, float[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    double largest = 0;
    double worst = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      worst = Math.max(worst, Math.abs((double) actual[i] - expected[i]));
    }
    return worst / largest;
  }
}
