package io.graft.nn;

import static io.graft.nn.Blocks.assertRelativelyClose;
import static io.graft.nn.Blocks.forward;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.graft.GoldenTensors;
import io.graft.runtime.TorchRuntime;
import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorSource;
import io.graft.testing.ArrayTensors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Compares folded batch normalisation with PyTorch's (make_folding.py and others). */
class BatchNormFoldingTest {

  private static final GoldenTensors GOLDEN =
      GoldenTensors.open("/golden/folded_batch_norm.safetensors");
  private static final GoldenTensors VGG_GOLDEN =
      GoldenTensors.open("/golden/tiny_vgg11_bn.safetensors");
  private static final Network VGG = Vgg.network("vgg11_bn", new Vgg.Dimensions(32, 2, 8, 10));
  private static final Network MIXED =
      new Network(
          "mixed",
          new Shape(3, 9, 8),
          List.of(
              new NamedLayer("conv0", "conv0", new Layer.Conv2d(3, 5, 3, 2, 1)),
              new NamedLayer("norm1", "norm1", new Layer.BatchNorm2d(5, 1e-3f, 0.9f)),
              new NamedLayer("norm2", "norm2", new Layer.BatchNorm2d(5, 1e-5f, 0.9f)),
              new NamedLayer("relu", "relu", new Layer.Relu()),
              new NamedLayer("norm3", "norm3", new Layer.BatchNorm2d(5, 1e-5f, 0.9f)),
              new NamedLayer("conv4", "conv4", new Layer.Conv2d(5, 4, 1, 1, 0))));

  @BeforeAll
  static void load() {
    TorchRuntime.load();
  }

  @Test
  void foldedParametersMatchPyTorch() {
    TensorSource folded = fold(VGG, VGG_GOLDEN, "weight/").weights();
    int compared = 0;
    for (String name : GOLDEN.names()) {
      if (name.startsWith("vgg11_bn/")) {
        assertSame(folded, name.substring("vgg11_bn/".length()), GOLDEN.floats(name));
        compared++;
      }
    }
    assertThat(compared).isEqualTo(2 * 8);
    assertSame(folded, "classifier.6.weight", VGG_GOLDEN.floats("weight/classifier.6.weight"));
  }

  @Test
  void foldedNetworkMatchesTorchvision() {
    BatchNormFolding.Folded folded = fold(VGG, VGG_GOLDEN, "weight/");
    Network plain = Vgg.network("vgg11", new Vgg.Dimensions(32, 2, 8, 10));
    assertThat(folded.network().layers().stream().map(NamedLayer::layer).toList())
        .isEqualTo(plain.layers().stream().map(NamedLayer::layer).toList());
    WeightCheck.requireExactly(folded.network(), folded.weights());
    Network features = folded.network().prefix(folded.network().indexAfter("block5_pool"));
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray x = manager.create(VGG_GOLDEN.floats("input"), new Shape(4, 3, 32, 32));
      NetworkBlock frozen = NetworkBlock.frozen(features, folded.weights(), manager);
      NetworkBlock whole = NetworkBlock.frozen(folded.network(), folded.weights(), manager);
      assertRelativelyClose(
          "features", forward(frozen, manager, x, false), VGG_GOLDEN.floats("features"), 1e-5);
      assertRelativelyClose(
          "logits", forward(whole, manager, x, false), VGG_GOLDEN.floats("logits"), 1e-5);
    }
  }

  @Test
  void foldsOnlyNormalisationsDirectlyAfterAConvolution() {
    BatchNormFolding.Folded folded = fold(MIXED, GOLDEN, "mixed/");
    assertThat(folded.network().layers().stream().map(NamedLayer::name))
        .containsExactly("conv0", "norm2", "relu", "norm3", "conv4");
    assertThat(folded.weights().tensors().keySet())
        .containsExactlyElementsOf(folded.network().parameterShapes().keySet());
    assertSame(folded.weights(), "conv0.weight", GOLDEN.floats("mixed_folded/conv0.weight"));
    assertSame(folded.weights(), "conv0.bias", GOLDEN.floats("mixed_folded/conv0.bias"));
    try (NDManager manager = NDManager.newBaseManager()) {
      NetworkBlock block = NetworkBlock.frozen(folded.network(), folded.weights(), manager);
      NDArray x = manager.create(GOLDEN.floats("mixed_input"), new Shape(2, 3, 9, 8));
      assertRelativelyClose(
          "output", forward(block, manager, x, false), GOLDEN.floats("mixed_output"), 1e-5);
    }
  }

  @Test
  void kernelReadInPiecesEqualsTheWholeKernel() {
    TensorSource weights = fold(MIXED, GOLDEN, "mixed/").weights();
    for (String name : List.of("conv0.weight", "conv0.bias")) {
      FloatBuffer whole = weights.readFloat32(name).asFloatBuffer();
      int first = ThreadLocalRandom.current().nextInt(1, whole.limit());
      int count = ThreadLocalRandom.current().nextInt(1, whole.limit() - first + 1);
      ByteBuffer piece = ByteBuffer.allocate(4 + count * Float.BYTES).position(4);
      weights.readFloat32(name, first, piece);
      assertThat(piece.hasRemaining()).isFalse();
      assertThat(piece.position(4).slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer())
          .as(name + " from " + first)
          .isEqualTo(whole.slice(first, count));
    }
  }

  @Test
  void refusesNegativeVariances() {
    for (float variance : new float[] {-0.5f, Float.NaN}) {
      Map<String, float[]> values = values(MIXED, GOLDEN, "mixed/");
      values.get("norm1.running_var")[3] = variance;
      assertThatExceptionOfType(WeightsException.class)
          .isThrownBy(() -> BatchNormFolding.fold(MIXED, new ArrayTensors(MIXED, values)))
          .withMessageContaining("'norm1.running_var'")
          .withMessageContaining(variance + " for channel 3");
    }
  }

  private static BatchNormFolding.Folded fold(Network network, GoldenTensors from, String prefix) {
    return BatchNormFolding.fold(network, Blocks.weights(network, from, prefix));
  }

  private static Map<String, float[]> values(Network network, GoldenTensors from, String prefix) {
    Map<String, float[]> values = new HashMap<>();
    network.parameterShapes().keySet().forEach(n -> values.put(n, from.floats(prefix + n).clone()));
    return values;
  }

  /**
   * Asserts equality up to one unit in the last place, because torch first computes the reciprocal
   * of the square root.
   */
  private static void assertSame(TensorSource weights, String name, float[] expected) {
    FloatBuffer values = weights.readFloat32(name).asFloatBuffer();
    assertThat(values.limit()).as(name).isEqualTo(expected.length);
    for (int i = 0; i < expected.length; i++) {
      assertThat(Math.abs((double) values.get(i) - expected[i]))
          .as(name + " at " + i)
          .isLessThanOrEqualTo(Math.ulp(expected[i]));
    }
  }
}
