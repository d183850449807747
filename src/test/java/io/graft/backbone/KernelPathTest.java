package io.graft.backbone;

import static io.graft.backbone.FrozenLayersFixture.difference;
import static io.graft.backbone.FrozenLayersFixture.images;
import static io.graft.torchscript.ScriptText.FLOAT16;
import static io.graft.torchscript.ScriptText.FLOAT32;
import static io.graft.torchscript.ScriptText.call;
import static io.graft.torchscript.ScriptText.to;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.graft.cuda.KernelException;
import io.graft.image.InputSpec;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import io.graft.nn.Precision;
import io.graft.testing.FakeCuda;
import io.graft.testing.FormulaWeights;
import io.graft.torchscript.TorchScriptModule;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Runs the way with kernels on the CPU. libtorch computes what is between them on the CPU too,
 * which has no cuDNN, so the networks have no other convolution.
 */
class KernelPathTest {

  private static final int ROWS = 3;
  private static final int SIZE = 22;
  private static final Network NETWORK =
      new Network(
          "one convolution",
          new Shape(3, SIZE, SIZE),
          List.of(
              new NamedLayer("conv", "conv", new Layer.Conv2d(3, 64, 3, 1, 1)),
              new NamedLayer("relu", "relu", new Layer.Relu()),
              new NamedLayer("pool1", "pool1", new Layer.MaxPool2d(2, 2)),
              new NamedLayer("pool2", "pool2", new Layer.MaxPool2d(2, 2)),
              new NamedLayer("average", "average", new Layer.AdaptiveAvgPool2d(2)),
              new NamedLayer("pool3", "pool3", new Layer.MaxPool2d(2, 2)),
              new NamedLayer("flatten", "flatten", new Layer.Flatten()),
              new NamedLayer("fc", "fc", new Layer.Linear(64, 5))));

  private final FormulaWeights weights = new FormulaWeights(NETWORK, 1);
  private FakeCuda cuda;
  private NDManager manager;
  @TempDir private Path cache;

  @BeforeEach
  void open() throws Exception {
    cuda = FakeCuda.orSkip(cache);
    cuda.begin(90, false);
    manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
  }

  @AfterEach
  void close() {
    if (manager != null) {
      manager.close();
      assertThat(cuda.contextsLeft()).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource({"FP16, RGB, 2e-3", "FP16, BGR, 2e-3", "BF16, RGB, 2e-2", "BF16, BGR, 2e-2"})
  void featuresAgreeWithThoseOfDjlsBlocks(
      Precision precision, InputSpec.Channels channels, double tolerance) throws Exception {
    InputSpec input =
        (channels == InputSpec.Channels.BGR ? InputSpec.KERAS_CAFFE : InputSpec.TORCHVISION)
            .withSize(SIZE);
    ByteBuffer pixels = images(ROWS, input);
    Plan plan = new Plan(precision, ROWS, 1, List.of());
    CompiledBackend compiled =
        CompiledBackend.compile(NETWORK, input, weights, plan, manager, true);
    KernelPath path = path(compiled.module(), compiled.layers().kernels(), input, precision);
    float[] expected =
        BlockBackend.load(NETWORK, input, weights, manager)
            .forward(manager, pixels, ROWS)
            .toFloatArray();
    NDArray actual = path.forward(manager, upload(pixels, input), ROWS);
    assertThat(actual.getDataType()).isEqualTo(DataType.FLOAT32);
    assertThat(actual.getShape()).isEqualTo(new Shape(ROWS, 5));
    assertThat(difference(actual.toFloatArray(), expected)).isLessThan(tolerance);
    assertThat(cuda.calls())
        .filteredOn(line -> line.startsWith("launch"))
        .containsExactly(
            "launch first_convolution 8 x 1 x 1",
            "launch max_pool 1 x 11 x 3",
            "launch max_pool 1 x 5 x 3",
            "launch max_pool 1 x 1 x 3");
    assertThat(path.describe(Device.gpu(0)))
        .isEqualTo("Graft's own CUDA kernels on cuda:0 compute the first convolution and 3 pools.");
  }

  @Test
  void moduleOfFp32HasKernelsForItsPoolsAlone() throws Exception {
    InputSpec input = InputSpec.TORCHVISION.withSize(SIZE);
    CompiledBackend compiled =
        CompiledBackend.compile(
            NETWORK, input, weights, FrozenLayersFixture.exact(1), manager, true);
    assertThat(compiled.layers().kernels())
        .containsExactly(
            new KernelStep.Pool(new Shape(64, 22, 22)),
            new KernelStep.Pool(new Shape(64, 11, 11)),
            new KernelStep.Pool(new Shape(64, 2, 2)));
  }

  @Test
  void aKernelWithAWrongValueIsRefused() throws Exception {
    InputSpec input = InputSpec.KERAS_CAFFE.withSize(SIZE);
    ModuleSource source = writtenForCpu(input);
    TorchScriptModule module = source.load(manager);
    KernelPath path = path(module, source.kernels(), input, Precision.FP16);
    assertThatCode(() -> path.check(input, manager)).doesNotThrowAnyException();
    NDArray pixels = upload(images(ROWS, input), input);
    float[] expected = module.call("forward", pixels).toFloatArray();
    assertThat(difference(path.forward(manager, pixels, ROWS).toFloatArray(), expected))
        .isLessThan(1e-3);
    cuda.begin(90, true);
    assertThatThrownBy(() -> path.check(input, manager))
        .isInstanceOf(KernelException.class)
        .hasMessageContaining("Kernel 1 of 2")
        .hasMessageContaining("differs from cuDNN");
  }

  /** Writes a convolution and a pool, with libtorch's CPU operators in place of cuDNN's. */
  private ModuleSource writtenForCpu(InputSpec input) {
    ModuleSource module = new ModuleSource(weights);
    Step.Convolve step =
        new Step.Convolve("conv", new Layer.Conv2d(3, 64, 3, 1, 1), true, new Shape(3, SIZE, SIZE));
    Step.Plain pool = new Step.Plain(new Layer.MaxPool2d(2, 2), new Shape(64, SIZE, SIZE));
    module.beginKernel();
    FloatSteps.normalize(input, FLOAT16, module);
    String weight = module.keep(ModuleSource.WEIGHTS, to(FloatSteps.stored(step, module), FLOAT16));
    String bias = FloatSteps.bias(step, FLOAT16, module);
    String product =
        call(
            "torch.conv2d",
            to("x", FLOAT32),
            to(weight, FLOAT32),
            to(bias, FLOAT32),
            "[1, 1]",
            "[1, 1]");
    module.x(to(call("torch.relu", product), FLOAT16));
    module.endKernel(new KernelStep.FirstConvolution(step.input()), FLOAT16);
    KernelStep.FirstConvolution.addMethods(input, FLOAT16, module);
    module.beginKernel();
    module.x(CudnnFloat.ofX(pool));
    module.endKernel(new KernelStep.Pool(pool.input()), FLOAT16);
    FloatSteps.finish(module);
    KernelStep.addMethods(module);
    module.method("bias", "i: int", to("(self.biases)[i]", FLOAT32));
    return module;
  }

  private KernelPath path(
      TorchScriptModule module, List<KernelStep> steps, InputSpec input, Precision precision) {
    return KernelPath.load(module, steps, input, precision, cuda.libraries(), manager);
  }

  private NDArray upload(ByteBuffer pixels, InputSpec input) {
    return manager
        .create(pixels, new Shape(ROWS, input.height(), input.width(), 3), DataType.UINT8)
        .duplicate();
  }
}
