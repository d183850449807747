package io.graft.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.graft.testing.FakeCuda;
import io.graft.torchscript.ScriptText;
import io.graft.torchscript.TorchScriptModule;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs the kernels on the CPU and compares them with libtorch's pool and convolution. */
class KernelsTest {

  /**
   * Computes in float64 from the elements that the kernels get. The tensors x and y are NHWC, and y
   * is the kernel's output.
   */
  private static final String REFERENCE =
      """
        def elements(self: __torch__.Reference, x: Tensor, type: int) -> Tensor:
          return torch.to(x, type)
        def value(self: __torch__.Reference, x: Tensor) -> Tensor:
          return torch.to(x, 6)
        def pool(self: __torch__.Reference, x: Tensor) -> Tensor:
          y = torch.max_pool2d(torch.permute(x, [0, 3, 1, 2]), [2, 2], [2, 2])
          return torch.to(torch.contiguous(torch.permute(y, [0, 2, 3, 1])), 6)
        def convolution(self: __torch__.Reference, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
          w = torch.permute(torch.reshape(torch.slice(torch.to(weight, 7), 1, 0, 27), [64, 3, 3, 3]), [0, 3, 1, 2])
          y = torch.conv2d(torch.permute(torch.to(x, 7), [0, 3, 1, 2]), w, torch.to(bias, 7), [1, 1], [1, 1])
          return torch.to(torch.contiguous(torch.permute(torch.relu(y), [0, 2, 3, 1])), 6)
      """;

  private final Random random = new Random(3);
  private FakeCuda cuda;
  private NDManager manager;
  private TorchScriptModule torch;
  @TempDir private Path cache;

  @BeforeEach
  void open() throws Exception {
    cuda = FakeCuda.orSkip(cache.resolve("kernels"));
    cuda.begin(90, false);
    manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
    torch = TorchScriptModule.ofMethods("Reference", REFERENCE, manager);
  }

  @AfterEach
  void close() {
    if (manager != null) {
      manager.close();
      assertThat(cuda.contextsLeft()).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "FLOAT16, 2, 64, 12, 10",
    "FLOAT16, 1, 8, 7, 9",
    "BFLOAT16, 3, 24, 2, 3",
    "BFLOAT16, 2, 16, 9, 6",
    "FLOAT32, 2, 20, 6, 5",
    "FLOAT32, 1, 4, 2, 2"
  })
  void poolHasTheValuesOfMaxPool2d(
      ElementType type, int rows, int channels, int height, int width) {
    Shape input = new Shape(channels, height, width);
    float[] values = new float[(int) (rows * input.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(255) - 127;
    }
    values[3] = Float.NaN;
    values[values.length / 2] = Float.NEGATIVE_INFINITY;
    NDArray x = elements(type, manager.create(values, new Shape(rows, height, width, channels)));
    NDArray y = output(type, rows, height / 2, width / 2, channels);
    assertThat(Kernels.canPool(input, type)).isTrue();
    try (Kernels kernels = Kernels.load(cuda.libraries(), 1, type)) {
      kernels.maxPool(x, y, rows, input);
    }
    float[] expected = torch.call("pool", x).toFloatArray();
    assertThat(torch.call("value", y).toFloatArray()).isEqualTo(expected);
  }

  @Test
  void poolTakesOnlyWholeVectorsAndWindows() {
    assertThat(Kernels.canPool(new Shape(12, 8, 8), ElementType.FLOAT16)).isFalse();
    assertThat(Kernels.canPool(new Shape(12, 8, 8), ElementType.FLOAT32)).isTrue();
    assertThat(Kernels.canPool(new Shape(64, 1, 8), ElementType.FLOAT16)).isFalse();
    assertThat(Kernels.canPool(new Shape(64, 8, 1), ElementType.BFLOAT16)).isFalse();
  }

  /** The sizes are below, at and above those of a tile, 32 x 8, and of 16 pixels. */
  @ParameterizedTest
  @CsvSource({
    "FLOAT16, 2, 9, 35, 1e-3",
    "FLOAT16, 1, 8, 32, 1e-3",
    "FLOAT16, 3, 3, 16, 1e-3",
    "FLOAT16, 1, 17, 1, 1e-3",
    "BFLOAT16, 2, 5, 50, 8e-3",
    "BFLOAT16, 1, 1, 65, 8e-3"
  })
  void firstConvolutionHasTheValuesOfConv2dAndRelu(
      ElementType type, int rows, int height, int width, double tolerance) {
    byte[] bytes = new byte[rows * height * width * 3];
    random.nextBytes(bytes);
    Shape shape = new Shape(rows, height, width, 3);
    NDArray pixels = manager.create(ByteBuffer.wrap(bytes), shape, DataType.UINT8).duplicate();
    float[][] levels = new float[3][256];
    float[] normalized = new float[bytes.length];
    for (int i = 0; i < 3 * 256; i++) {
      int channel = i / 256;
      levels[channel][i % 256] = ((i % 256) / 255f - 0.4f) / (0.2f + 0.02f * channel);
    }
    for (int i = 0; i < bytes.length; i++) {
      normalized[i] = levels[i % 3][bytes[i] & 255];
    }
    float[] products = new float[64 * 32];
    for (int i = 0; i < products.length; i++) {
      products[i] = i % 32 < 27 ? (float) random.nextGaussian(0, 0.2) : 0;
    }
    NDArray table = elements(type, manager.create(levels));
    NDArray weight = elements(type, manager.create(products, new Shape(64, 32)));
    float[] biases = new float[64];
    for (int i = 0; i < biases.length; i++) {
      biases[i] = (float) random.nextGaussian();
    }
    NDArray bias = manager.create(biases).duplicate();
    NDArray y = output(type, rows, height, width, 64);
    try (Kernels kernels = Kernels.load(cuda.libraries(), 0, type)) {
      kernels.firstConvolution(pixels, table, weight, bias, y, rows, new Shape(3, height, width));
    }
    NDArray x = elements(type, manager.create(normalized, shape));
    float[] expected = torch.call("convolution", manager, x, weight, bias).toFloatArray();
    float[] actual = torch.call("value", y).toFloatArray();
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      // One rounding to the element type, of a sum in float32.
      assertThat(Math.abs(actual[i] - expected[i]))
          .isLessThanOrEqualTo((float) (tolerance / 2 * Math.abs(expected[i]) + 1e-5));
    }
    assertThat(cuda.calls()).contains("launch first_convolution " + blocks(rows, height, width));
  }

  private static String blocks(int rows, int height, int width) {
    int tiles = rows * ((height + 7) / 8) * ((width + 31) / 32);
    return Math.min(tiles, 8) + " x 1 x 1";
  }

  @Test
  void binariesAreKeptAndDamagedOnesAreCompiledAgain() throws Exception {
    load(ElementType.FLOAT16);
    load(ElementType.FLOAT16);
    load(ElementType.BFLOAT16);
    assertThat(cuda.calls())
        .containsExactly(
            "compile -arch=sm_90 -DFLOAT16",
            "load FLOAT16",
            "unload",
            "load FLOAT16",
            "unload",
            "compile -arch=sm_90 -DBFLOAT16",
            "load BFLOAT16",
            "unload");
    cuda.begin(86, false);
    load(ElementType.FLOAT16);
    assertThat(cuda.calls()).contains("compile -arch=sm_86 -DFLOAT16");
    try (var files = Files.list(cache.resolve("kernels"))) {
      for (Path file : files.toList()) {
        byte[] content = Files.readAllBytes(file);
        content[content.length - 2]++;
        Files.write(file, content);
      }
    }
    cuda.begin(86, false);
    load(ElementType.FLOAT16);
    assertThat(cuda.calls())
        .containsExactly("compile -arch=sm_86 -DFLOAT16", "load FLOAT16", "unload");
  }

  private void load(ElementType type) {
    Kernels.load(cuda.libraries(), 0, type).close();
  }

  @Test
  void everyFailureSaysWhatIsMissing() {
    CudaLibraries all = cuda.libraries();
    assertThatThrownBy(() -> Kernels.load(all, 5, ElementType.FLOAT16))
        .isInstanceOf(KernelException.class)
        .hasMessageContaining("cuDeviceGet of ")
        .hasMessageContaining("CUDA_ERROR");
    CudaLibraries withoutDriver =
        new CudaLibraries("no_driver", all.torch(), all.torchCuda(), all.compilers(), cache);
    assertThatThrownBy(() -> Kernels.load(withoutDriver, 0, ElementType.FLOAT16))
        .isInstanceOf(KernelException.class)
        .hasMessageContaining("no_driver");
    CudaLibraries withoutCompiler =
        new CudaLibraries(all.driver(), all.torch(), all.torchCuda(), List.of("no_nvrtc"), cache);
    assertThatThrownBy(() -> Kernels.load(withoutCompiler, 0, ElementType.FLOAT16))
        .isInstanceOf(KernelException.class)
        .hasMessageContaining("pip install nvidia-cuda-nvrtc-cu12");
    cuda.begin(75, false);
    load(ElementType.FLOAT16);
    assertThatThrownBy(() -> Kernels.load(all, 0, ElementType.BFLOAT16))
        .isInstanceOf(KernelException.class)
        .hasMessageContaining("7.5")
        .hasMessageContaining("8.0");
  }

  private NDArray elements(ElementType type, NDArray values) {
    return torch.call("elements", manager, values, number(type));
  }

  private NDArray output(ElementType type, int... sizes) {
    Shape shape = new Shape(sizes[0], sizes[1], sizes[2], sizes[3]);
    return elements(type, manager.full(shape, 7));
  }

  private static long number(ElementType type) {
    return switch (type) {
      case FLOAT16 -> ScriptText.FLOAT16;
      case BFLOAT16 -> ScriptText.BFLOAT16;
      case FLOAT32 -> ScriptText.FLOAT32;
    };
  }
}
