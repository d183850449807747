package io.graft.nn;

import static io.graft.nn.Blocks.assertRelativelyClose;
import static io.graft.nn.Blocks.forward;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.graft.GoldenTensors;
import io.graft.image.InputSpec;
import io.graft.runtime.TorchRuntime;
import io.graft.testing.ArrayTensors;
import io.graft.testing.FormulaWeights;
import java.nio.ByteBuffer;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares VGG blocks with torchvision (make_golden.py and make_networks.py). */
class VggBlockTest {

  private static final Network TINY_BATCH_NORM =
      Vgg.network("vgg11_bn", new Vgg.Dimensions(32, 2, 8, 10));

  @BeforeAll
  static void load() {
    TorchRuntime.load();
  }

  @Test
  void fullSizeVgg16MatchesTorchvisionsFeaturesAndLogits() {
    GoldenTensors golden = GoldenTensors.open("/golden/vgg16_full.safetensors");
    Network network = Vgg.network("vgg16", Vgg.Dimensions.IMAGENET);
    int pooled = network.indexAfter("block5_pool");
    int hidden = network.indexAfter("fc2");
    try (NDManager manager = NDManager.newBaseManager();
        FormulaWeights weights = new FormulaWeights(network, 1)) {
      byte[] bytes = golden.bytes("0.torchvision.pixels");
      ByteBuffer pixels = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
      NDArray x =
          InputSpec.TORCHVISION.normalize(
              manager.create(pixels, new Shape(1, 224, 224, 3), DataType.UINT8));
      float[] features;
      try (NDManager owner = manager.newSubManager()) {
        NetworkBlock block = NetworkBlock.frozen(network.prefix(pooled), weights, owner);
        features = forward(block, owner, x, false);
      }
      assertRelativelyClose("features", features, golden.floats("0.torchvision.features"), 1e-4);
      try (NDManager owner = manager.newSubManager()) {
        NetworkBlock fc =
            NetworkBlock.frozen(network.prefix(hidden).suffix(pooled), weights, owner);
        NDArray pooledFeatures = manager.create(features, new Shape(1, 512, 7, 7));
        float[] fc2 = forward(fc, owner, pooledFeatures, false);
        assertRelativelyClose("fc2", fc2, golden.floats("0.torchvision.fc2"), 1e-4);
        NetworkBlock last = NetworkBlock.frozen(network.suffix(hidden), weights, owner);
        float[] logits = forward(last, owner, manager.create(fc2, new Shape(1, 4096)), false);
        assertRelativelyClose("logits", logits, golden.floats("0.torchvision.logits"), 1e-4);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void tinyVgg16MatchesTorchvisionsFeaturesAndLogits(int image) {
    GoldenTensors weights = GoldenTensors.open("/golden/tiny_vgg16_torchvision.safetensors");
    GoldenTensors expected = GoldenTensors.open("/golden/tiny_vgg16_expected.safetensors");
    Network network = Vgg.network("vgg16", new Vgg.Dimensions(224, 4, 64, 10));
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray x = manager.create(expected.floats(image + ".input"), new Shape(1, 3, 224, 224));
      for (Map.Entry<String, String> point :
          Map.of("block5_pool", "features", "fc2", "fc2", "predictions", "logits").entrySet()) {
        Network frozen = network.prefix(network.indexAfter(point.getKey()));
        NetworkBlock block =
            NetworkBlock.frozen(frozen, Blocks.weights(network, weights, ""), manager);
        assertRelativelyClose(
            point.getValue(),
            forward(block, manager, x, false),
            expected.floats(image + "." + point.getValue()),
            1e-5);
      }
    }
  }

  @Test
  void batchNormUsesItsRunningStatisticsInInference() {
    GoldenTensors golden = GoldenTensors.open("/golden/tiny_vgg11_bn.safetensors");
    ArrayTensors weights = Blocks.weights(TINY_BATCH_NORM, golden, "weight/");
    Network features = TINY_BATCH_NORM.prefix(TINY_BATCH_NORM.indexAfter("block5_pool"));
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray x = manager.create(golden.floats("input"), new Shape(4, 3, 32, 32));
      NetworkBlock whole = NetworkBlock.frozen(TINY_BATCH_NORM, weights, manager);
      NetworkBlock block = NetworkBlock.trainable(features, weights, manager);
      assertRelativelyClose(
          "features", forward(block, manager, x, false), golden.floats("features"), 1e-5);
      assertRelativelyClose(
          "logits", forward(whole, manager, x, false), golden.floats("logits"), 1e-5);
    }
  }

  @Test
  void trainableBlockUpdatesRunningStatisticsLikePyTorch() {
    GoldenTensors golden = GoldenTensors.open("/golden/tiny_vgg11_bn.safetensors");
    Network features = TINY_BATCH_NORM.prefix(TINY_BATCH_NORM.indexAfter("block5_pool"));
    try (NDManager manager = NDManager.newBaseManager()) {
      NetworkBlock block =
          NetworkBlock.trainable(features, Blocks.weights(features, golden, "weight/"), manager);
      NDArray x = manager.create(golden.floats("input"), new Shape(4, 3, 32, 32));
      int compared = 0;
      for (int pass = 1; pass <= 2; pass++) {
        float[] output = forward(block, manager, x, true);
        assertRelativelyClose("output", output, golden.floats("train_features." + pass), 1e-4);
        for (String name : features.parameterShapes().keySet()) {
          if (name.contains("running_")) {
            assertRelativelyClose(
                name + " after pass " + pass,
                block.getParameters().get(name).getArray().toFloatArray(),
                golden.floats("running/" + name + "." + pass),
                1e-5);
            compared++;
          }
        }
      }
      assertThat(compared).isEqualTo(2 * 2 * 8);
    }
  }

  @Test
  void frozenBlockIgnoresTrainingMode() {
    GoldenTensors golden = GoldenTensors.open("/golden/tiny_vgg11_bn.safetensors");
    try (NDManager manager = NDManager.newBaseManager()) {
      NetworkBlock block =
          NetworkBlock.frozen(
              TINY_BATCH_NORM, Blocks.weights(TINY_BATCH_NORM, golden, "weight/"), manager);
      NDArray x = manager.create(golden.floats("input"), new Shape(4, 3, 32, 32));
      String before = block.parameterDigest();
      assertRelativelyClose(
          "logits", forward(block, manager, x, true), golden.floats("logits"), 1e-5);
      assertThat(block.parameterDigest()).isEqualTo(before);
    }
  }

  @Test
  void dropoutIsActiveOnlyInTrainableBlocksInTrainingMode() {
    Network dropout =
        new Network(
            "dropout",
            new Shape(4096),
            java.util.List.of(new NamedLayer("d", "d", new Layer.Dropout(0.5f))));
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray ones = manager.ones(new Shape(1, 4096));
      ArrayTensors none = new ArrayTensors(dropout, Map.of());
      NetworkBlock trainable = NetworkBlock.trainable(dropout, none, manager);
      NetworkBlock frozen = NetworkBlock.frozen(dropout, none, manager);
      assertThat(forward(trainable, manager, ones, false)).containsOnly(1f);
      assertThat(forward(frozen, manager, ones, true)).containsOnly(1f);
      float[] dropped = forward(trainable, manager, ones, true);
      assertThat(dropped).containsOnly(0f, 2f);
      int kept = 0;
      for (float value : dropped) {
        kept += value > 0 ? 1 : 0;
      }
      // Six standard deviations of the binomial distribution.
      assertThat(kept).isBetween(2048 - 192, 2048 + 192);
    }
  }

  @Test
  void adaptivePoolingUsesPyTorchsWindowsForUnevenSizes() {
    GoldenTensors golden = GoldenTensors.open("/golden/adaptive_pool.safetensors");
    int cases = 0;
    try (NDManager manager = NDManager.newBaseManager()) {
      for (String name : golden.names()) {
        if (!name.endsWith(".in")) {
          continue;
        }
        Shape shape = new Shape(golden.shape(name));
        String expected = name.replace(".in", ".out");
        Network pool =
            new Network(
                "pool",
                shape.slice(1),
                java.util.List.of(
                    new NamedLayer(
                        "p", "p", new Layer.AdaptiveAvgPool2d((int) golden.shape(expected)[2]))));
        NetworkBlock block = NetworkBlock.frozen(pool, new ArrayTensors(pool, Map.of()), manager);
        float[] output = forward(block, manager, manager.create(golden.floats(name), shape), false);
        assertRelativelyClose(name, output, golden.floats(expected), 1e-6);
        cases++;
      }
    }
    assertThat(cases).isEqualTo(7);
  }
}
