package io.graft.backbone;

import static io.graft.backbone.FrozenLayersFixture.difference;
import static io.graft.backbone.FrozenLayersFixture.images;
import static io.graft.backbone.FrozenLayersFixture.run;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.graft.image.InputSpec;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import io.graft.nn.Precision;
import io.graft.runtime.TorchRuntime;
import io.graft.testing.FormulaWeights;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Compares convolutions of few multiplications with libtorch's, which DJL's blocks call. */
class WinogradTest {

  private static final int ROWS = 5;

  /** Has convolutions with and without a rectifier, and one that is too small. */
  private static Network network(int height, int width) {
    return new Network(
        "wide",
        new Shape(3, height, width),
        List.of(
            new NamedLayer("a", "a", new Layer.Conv2d(3, 192, 3, 1, 1)),
            new NamedLayer("b", "b", new Layer.Conv2d(192, 200, 3, 1, 1)),
            new NamedLayer("b_relu", "b_relu", new Layer.Relu()),
            new NamedLayer("c", "c", new Layer.Conv2d(200, 184, 3, 1, 1)),
            new NamedLayer("pool", "pool", new Layer.MaxPool2d(2, 2)),
            new NamedLayer("d", "d", new Layer.Conv2d(184, 200, 3, 1, 1))));
  }

  private static InputSpec input(int height, int width) {
    InputSpec square = InputSpec.TORCHVISION.withSize(Math.max(width, height));
    return new InputSpec(
        width,
        height,
        square.resize(),
        square.shortSide(),
        square.channels(),
        square.divisor(),
        square.mean(),
        square.standardDeviation());
  }

  @BeforeAll
  static void load() {
    TorchRuntime.load();
  }

  @ParameterizedTest
  @CsvSource({"24, 20", "21, 23", "20, 37"})
  void matchesPlainConvolutionsOnAnySize(int height, int width) {
    Network network = network(height, width);
    InputSpec input = input(height, width);
    ByteBuffer pixels = images(2, input);
    try (NDManager manager = NDManager.newBaseManager();
        FormulaWeights weights = new FormulaWeights(network, 1);
        FrozenLayers layers = layers(network, input, 2)) {
      assertThat(layers.arithmetic()).isEqualTo("fp32-winograd");
      float[] expected =
          BlockBackend.load(network, input, weights, manager)
              .forward(manager, pixels, 2)
              .toFloatArray();
      assertThat(difference(run(layers, pixels, 2), expected)).isLessThan(1e-5);
      layers.requireUnchanged();
    }
  }

  @Test
  void bitsDependNeitherOnTheBatchNorOnThreads() {
    Network network = network(22, 22);
    InputSpec input = input(22, 22);
    ByteBuffer pixels = images(ROWS, input);
    float[] together;
    try (FrozenLayers layers = layers(network, input, 2)) {
      together = run(layers, pixels, ROWS);
    }
    int features = together.length / ROWS;
    for (int threads = 1; threads <= 3; threads++) {
      try (FrozenLayers layers = layers(network, input, threads)) {
        for (int row = 0; row < ROWS; row++) {
          float[] alone = run(layers, pixels.slice(row * input.bytes(), input.bytes()), 1);
          float[] expected = Arrays.copyOfRange(together, row * features, (row + 1) * features);
          assertThat(alone).isEqualTo(expected);
        }
      }
    }
  }

  private static FrozenLayers layers(Network network, InputSpec input, int threads) {
    Plan plan = new Plan(Precision.FP32, 4, threads, List.of());
    return FrozenLayers.of(
        network, input, () -> new FormulaWeights(network, 1), Device.cpu(), plan);
  }
}
