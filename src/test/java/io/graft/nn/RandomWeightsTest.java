package io.graft.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.graft.GoldenTensors;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** Compares random weights with the formula that make_golden.py computes with NumPy. */
class RandomWeightsTest {

  private static final Network TINY = Vgg.network("vgg16", new Vgg.Dimensions(224, 4, 64, 10));

  @Test
  void kaimingUniformMatchesTheFormulaBitForBit() {
    GoldenTensors golden = GoldenTensors.open("/golden/tiny_vgg16_torchvision.safetensors");
    try (RandomWeights weights = RandomWeights.kaimingUniform(TINY, 1)) {
      assertThat(weights.tensors().keySet()).containsExactlyInAnyOrderElementsOf(golden.names());
      for (String name : golden.names()) {
        float[] values = floats(weights, name);
        if (name.endsWith(".bias")) {
          assertThat(values).as(name).containsOnly(0f);
        } else {
          assertThat(values).as(name).isEqualTo(golden.floats(name));
        }
      }
    }
  }

  @Test
  void differentSeedsGiveDifferentWeights() {
    float[] first = floats(RandomWeights.kaimingUniform(TINY, 1), "features.0.weight");
    for (long seed : new long[] {0, 2, 257, 1L << 32 | 1, -1}) {
      float[] other = floats(RandomWeights.kaimingUniform(TINY, seed), "features.0.weight");
      assertThat(other).as("seed " + seed).isNotEqualTo(first);
      assertThat(floats(RandomWeights.kaimingUniform(TINY, seed), "features.0.weight"))
          .isEqualTo(other);
    }
  }

  @Test
  void glorotUniformHasTheExpectedBoundMeanAndVariance() {
    RandomWeights weights = RandomWeights.glorotUniform(TINY, 42);
    float[] values = floats(weights, "classifier.0.weight");
    double bound = Math.sqrt(6.0 / (32 * 49 + 64));
    double sum = 0;
    double squares = 0;
    double largest = 0;
    for (float value : values) {
      sum += value;
      squares += (double) value * value;
      largest = Math.max(largest, Math.abs(value));
    }
    int n = values.length;
    assertThat(largest).isLessThanOrEqualTo(bound).isGreaterThan(bound * 0.999);
    // The variance of a uniform variable is bound^2 / 3. The tolerance is six standard errors.
    assertThat(sum / n).isCloseTo(0, within(6 * bound / Math.sqrt(3.0 * n)));
    assertThat(squares / n).isCloseTo(bound * bound / 3, within(0.02 * bound * bound));
  }

  @Test
  void batchNormalisationStartsAsTheIdentity() {
    Network network = Vgg.network("vgg11_bn", new Vgg.Dimensions(32, 2, 8, 10));
    RandomWeights weights = RandomWeights.kaimingUniform(network, 3);
    assertThat(floats(weights, "features.1.weight")).containsOnly(1f);
    assertThat(floats(weights, "features.1.bias")).containsOnly(0f);
    assertThat(floats(weights, "features.1.running_mean")).containsOnly(0f);
    assertThat(floats(weights, "features.1.running_var")).containsOnly(1f);
  }

  private static float[] floats(RandomWeights weights, String name) {
    ByteBuffer buffer = weights.readFloat32(name);
    float[] values = new float[buffer.remaining() / Float.BYTES];
    buffer.asFloatBuffer().get(values);
    return values;
  }
}
