package io.graft.backbone;

import static io.graft.backbone.FrozenLayersFixture.difference;
import static io.graft.backbone.FrozenLayersFixture.exact;
import static io.graft.backbone.FrozenLayersFixture.images;
import static io.graft.backbone.FrozenLayersFixture.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.graft.GoldenTensors;
import io.graft.image.InputSpec;
import io.graft.nn.Head;
import io.graft.nn.HiddenLayers;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import io.graft.nn.NetworkBlock;
import io.graft.nn.Precision;
import io.graft.nn.Vgg;
import io.graft.runtime.TorchRuntime;
import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorSource;
import io.graft.tensors.TensorType;
import io.graft.testing.ArrayTensors;
import io.graft.testing.FormulaWeights;
import io.graft.testing.Notes;
import io.graft.torchscript.TorchScriptModule;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Compares compiled layers with torchvision and Keras (make_golden.py), and with DJL's blocks.
 * VggBlockTest compares those blocks with torchvision.
 */
class CompiledBackendTest {

  private static final Network VGG16 = Vgg.network("vgg16", Vgg.Dimensions.IMAGENET);
  private static final Network TINY = Vgg.network("vgg16", new Vgg.Dimensions(64, 4, 8, 10));

  /** Has other kernels, strides and windows than VGG. */
  private static final Network ODD =
      new Network(
          "odd",
          new Shape(3, 51, 37),
          List.of(
              new NamedLayer("a", "a", new Layer.Conv2d(3, 5, 5, 2, 1)),
              new NamedLayer("a_relu", "a_relu", new Layer.Relu()),
              new NamedLayer("pool", "pool", new Layer.MaxPool2d(3, 2)),
              new NamedLayer("b", "b", new Layer.Conv2d(5, 7, 1, 1, 0)),
              new NamedLayer("b_relu", "b_relu", new Layer.Relu()),
              new NamedLayer("c", "c", new Layer.Conv2d(7, 6, 3, 1, 2)),
              new NamedLayer("average", "average", new Layer.AdaptiveAvgPool2d(3)),
              new NamedLayer("relu", "relu", new Layer.Relu())));

  @BeforeAll
  static void load() {
    TorchRuntime.load();
  }

  @Test
  void fullSizeVgg16MatchesTorchvisionAndKeras() {
    GoldenTensors golden = GoldenTensors.open("/golden/vgg16_full.safetensors");
    Network network = VGG16.prefix(VGG16.indexAfter("block5_pool"));
    float[] torchvision = golden.floats("0.torchvision.features");
    float[] keras = nchw(golden.floats("0.keras.features"), 512, 49);
    assertClose(
        network, InputSpec.TORCHVISION, golden.bytes("0.torchvision.pixels"), torchvision, 1e-4);
    assertClose(network, InputSpec.KERAS_CAFFE, golden.bytes("0.keras.pixels"), keras, 1e-4);
  }

  @ParameterizedTest
  @CsvSource({
    "vgg11, 32, 2, block5_pool",
    "vgg11_bn, 64, 8, block5_pool",
    "vgg13, 96, 3, block4_pool",
    "vgg16_bn, 32, 4, block3_conv2",
    "vgg16, 64, 4, fc1",
    "vgg19, 64, 4, predictions",
    "vgg16, 32, 4, features.0",
    "vgg16, 32, 4, features.2",
    "vgg16, 32, 4, fc2_dropout",
  })
  void matchesDjlsBlocksAtEveryBoundary(String name, int size, int channels, String boundary) {
    Network whole = Vgg.network(name, new Vgg.Dimensions(size, channels, 16, 10));
    assertClose(whole.prefix(whole.indexAfter(boundary)), size, size);
  }

  @Test
  void acceptsImagesThatAreNeitherSquareNorDivisibleByTheStrides() {
    assertClose(ODD, 37, 51);
    assertClose(Head.POOL.attach(TINY, HiddenLayers.NONE, 5).frozen(), 64, 64);
  }

  @ParameterizedTest
  @CsvSource({
    "FP32, block5_pool",
    "FP32, fc2",
    "BF16, block5_pool",
    "BF16, fc2",
    "INT8, block5_pool",
    "INT8, fc2"
  })
  void featuresDoNotDependOnBatchSizeOrThreads(Precision precision, String boundary) {
    // oneDNN sums products of this size in another order if there is only one row.
    Network whole = Vgg.network("vgg16", new Vgg.Dimensions(64, 8, 1024, 10));
    Network network = whole.prefix(whole.indexAfter(boundary));
    InputSpec input = InputSpec.TORCHVISION.withSize(64);
    ByteBuffer pixels = images(9, input);
    Supplier<TensorSource> weights = () -> new FormulaWeights(whole, 3);
    try (FrozenLayers exact = FrozenLayers.of(network, input, weights, Device.cpu(), exact(4))) {
      List<Float> scales =
          precision == Precision.INT8 ? ActivationScales.of(exact, () -> {}) : List.of();
      Plan plan = Plan.of(precision, scales, Device.cpu());
      float[] expected = runInBatches(exact.withPlan(plan), pixels, 9, plan.microBatch());
      assertThat(runInBatches(exact.withPlan(plan), pixels, 9, 1)).isEqualTo(expected);
      assertThat(runInBatches(exact.withPlan(plan), pixels, 9, 3)).isEqualTo(expected);
      assertThat(runInBatches(exact.withPlan(plan.withThreads(1)), pixels, 9, 2))
          .isEqualTo(expected);
      assertThat(runInBatches(exact.withPlan(plan.withThreads(3)), pixels, 9, 4))
          .isEqualTo(expected);
    }
  }

  private static float[] runInBatches(
      FrozenLayers layers, ByteBuffer pixels, int rows, int batchSize) {
    try (layers) {
      int bytes = layers.input().bytes();
      float[] all = {};
      for (int from = 0; from < rows; from += batchSize) {
        int size = Math.min(batchSize, rows - from);
        float[] part = run(layers, pixels.slice(from * bytes, size * bytes), size);
        all = Arrays.copyOf(all, all.length + part.length);
        System.arraycopy(part, 0, all, all.length - part.length, part.length);
      }
      layers.requireUnchanged();
      return all;
    }
  }

  @Test
  void loadsLayersOnFirstUseAndRefusesChangedWeights() {
    AtomicInteger opened = new AtomicInteger();
    AtomicInteger seed = new AtomicInteger(1);
    Supplier<TensorSource> weights =
        () -> {
          opened.incrementAndGet();
          return new FormulaWeights(TINY, seed.get());
        };
    InputSpec input = InputSpec.TORCHVISION.withSize(64);
    try (FrozenLayers layers = FrozenLayers.of(TINY, input, weights, Device.cpu(), exact(1));
        NDManager manager = NDManager.newBaseManager()) {
      NetworkBlock block = NetworkBlock.frozen(TINY, new FormulaWeights(TINY, 1), manager);
      assertThat(layers.weightDigest()).isEqualTo(block.parameterDigest());
      layers.requireUnchanged();
      assertThat(opened).hasValue(1);
      seed.set(2);
      assertThatThrownBy(() -> run(layers, images(1, input), 1))
          .isInstanceOf(WeightsException.class)
          .hasMessageContaining("changed while it was in use");
      seed.set(1);
      run(layers, images(1, input), 1);
      run(layers, images(1, input), 1);
      assertThat(opened).hasValue(3);
      layers.requireUnchanged();
    }
  }

  @Test
  void refusesUnsupportedPrecisions() {
    InputSpec input = InputSpec.TORCHVISION.withSize(64);
    Network noConvolution = TINY.suffix(TINY.indexAfter("fc1"));
    for (Network network : List.of(TINY, noConvolution)) {
      Precision precision = network.equals(TINY) ? Precision.FP16 : Precision.INT8;
      Plan plan = new Plan(precision, 1, 1, List.of());
      try (FrozenLayers layers =
          FrozenLayers.of(network, input, () -> new FormulaWeights(TINY, 1), Device.cpu(), plan)) {
        assertThatThrownBy(() -> run(layers, images(1, input), 1))
            .isInstanceOf(UnsupportedPrecisionException.class)
            .hasMessageContaining("another precision");
      }
    }
  }

  @Test
  void nanWeightsFallBackToDjlsBlocksInFp32Only() {
    InputSpec input = InputSpec.TORCHVISION.withSize(37);
    Map<String, float[]> values = new HashMap<>();
    ODD.parameterShapes().forEach((name, shape) -> values.put(name, new float[(int) shape.size()]));
    Arrays.fill(values.get("b.weight"), Float.NaN);
    Supplier<TensorSource> weights = () -> new ArrayTensors(ODD, values);
    try (FrozenLayers layers = FrozenLayers.of(ODD, input, weights, Device.cpu(), exact(1))) {
      assertThat(run(layers, images(1, input), 1)).contains(Float.NaN);
      List<String> notes = new ArrayList<>();
      try (Workers workers = layers.workers(1, Notes.to(notes::add))) {
        ByteBuffer pixels = images(1, input);
        workers.submit(pixels, 1, TensorType.F32, (first, count, activations) -> {}, () -> {});
      }
      assertThat(notes).singleElement().asString().contains("which is slower", "'b.weight'", "NaN");
    }
    Plan bf16 = new Plan(Precision.BF16, 1, 1, List.of());
    try (FrozenLayers layers = FrozenLayers.of(ODD, input, weights, Device.cpu(), bf16)) {
      assertThatThrownBy(() -> run(layers, images(1, input), 1))
          .isInstanceOf(UnsupportedPrecisionException.class)
          .hasMessageContainingAll("'b.weight'", "NaN");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FP32", "BF16", "FP16"})
  void cpuLoadsTheCudaModuleAndPreparesItsWeights(Precision precision) throws Exception {
    Plan plan = new Plan(precision, 1, 1, List.of());
    TensorSource weights = new FormulaWeights(TINY, 1);
    InputSpec input = InputSpec.KERAS_CAFFE.withSize(64);
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      TorchScriptModule module =
          CompiledBackend.compile(TINY, input, weights, plan, manager, true).module();
      float[] first = new float[4 * 3 * 3 * 3];
      weights
          .readFloat32("features.0.weight")
          .order(ByteOrder.LITTLE_ENDIAN)
          .asFloatBuffer()
          .get(first);
      float[] prepared = module.call("weight", manager, 0L).toFloatArray();
      assertThat(difference(prepared, first)).isLessThan(precision == Precision.FP32 ? 1e-9 : 0.01);
    }
  }

  private static void assertClose(Network network, int width, int height) {
    InputSpec square = InputSpec.TORCHVISION.withSize(Math.max(width, height));
    InputSpec input =
        new InputSpec(
            width,
            height,
            square.resize(),
            square.shortSide(),
            square.channels(),
            square.divisor(),
            square.mean(),
            square.standardDeviation());
    ByteBuffer pixels = images(3, input);
    byte[] bytes = new byte[pixels.remaining()];
    pixels.duplicate().get(bytes);
    try (NDManager manager = NDManager.newBaseManager();
        FormulaWeights weights = new FormulaWeights(network, 1)) {
      float[] expected =
          BlockBackend.load(network, input, weights, manager)
              .forward(manager, pixels, 3)
              .toFloatArray();
      assertClose(network, input, bytes, expected, 1e-5);
    }
  }

  private static void assertClose(
      Network network, InputSpec input, byte[] bytes, float[] expected, double tolerance) {
    ByteBuffer pixels = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    int rows = bytes.length / input.bytes();
    // The formula numbers the tensors of the network from its first layer.
    Supplier<TensorSource> weights = () -> new FormulaWeights(network, 1);
    List<Float> scales;
    try (FrozenLayers layers = FrozenLayers.of(network, input, weights, Device.cpu(), exact(2))) {
      assertThat(difference(run(layers, pixels, rows), expected)).isLessThan(tolerance);
      scales = ActivationScales.of(layers, new SampleImages("", pixels, rows), () -> {});
      layers.requireUnchanged();
    }
    for (Precision precision : List.of(Precision.BF16, Precision.INT8)) {
      Plan plan = new Plan(precision, 2, 2, precision == Precision.INT8 ? scales : List.of());
      try (FrozenLayers layers = FrozenLayers.of(network, input, weights, Device.cpu(), plan)) {
        Agreement agreement = Agreement.of(expected, run(layers, pixels, rows), rows);
        assertThat(agreement.smallest()).as(precision.word()).isGreaterThan(0.999);
        layers.requireUnchanged();
      }
    }
  }

  private static float[] nchw(float[] nhwc, int channels, int positions) {
    float[] ordered = new float[nhwc.length];
    for (int i = 0; i < nhwc.length; i++) {
      ordered[i % channels * positions + i / channels] = nhwc[i];
    }
    return ordered;
  }
}
