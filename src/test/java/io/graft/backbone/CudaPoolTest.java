package io.graft.backbone;

import static io.graft.torchscript.ScriptText.call;
import static io.graft.torchscript.ScriptText.to;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.graft.nn.Layer;
import io.graft.runtime.TorchRuntime;
import io.graft.torchscript.ScriptText;
import io.graft.torchscript.TorchScriptModule;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Compares the text of CUDA's pools with libtorch's max_pool2d, on the CPU. */
class CudaPoolTest {

  private static final int ROWS = 3;
  private static final int CHANNELS = 5;

  @BeforeAll
  static void load() {
    TorchRuntime.load();
  }

  @ParameterizedTest
  @CsvSource({
    "8, 6, 2, 2, amax",
    "14, 10, 2, 2, amax",
    "9, 6, 3, 3, amax",
    "7, 6, 2, 2, max_pool2d",
    "8, 5, 2, 2, max_pool2d",
    "9, 9, 2, 2, max_pool2d",
    "8, 8, 3, 2, max_pool2d"
  })
  void everyPoolHasTheValuesAndTheLayoutOfMaxPool2d(
      int height, int width, int kernel, int stride, String operator) {
    Layer.MaxPool2d pool = new Layer.MaxPool2d(kernel, stride);
    Shape input = new Shape(CHANNELS, height, width);
    String text = CudnnFloat.ofX(new Step.Plain(pool, input));
    assertThat(text).contains(operator);
    for (int type : new int[] {ScriptText.FLOAT32, ScriptText.FLOAT16, ScriptText.BFLOAT16}) {
      for (String layout : new String[] {"x", "torch.contiguous(x, memory_format=2)"}) {
        try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
          TorchScriptModule module = module(text, to(layout, type), pool, manager);
          NDArray x = values(manager, input);
          float[] expected = module.call("expected", x).toFloatArray();
          assertThat(module.call("pool", x).toFloatArray()).isEqualTo(expected);
          assertThat(expected).contains(Float.NaN, Float.POSITIVE_INFINITY);
          assertThat(module.call("same_layout", x).toFloatArray()).containsExactly(1);
        }
      }
    }
  }

  private static TorchScriptModule module(
      String pool, String input, Layer.MaxPool2d layer, NDManager manager) {
    String reference =
        call(
            "torch.max_pool2d",
            "x",
            ScriptText.pair(layer.kernelSize()),
            ScriptText.pair(layer.stride()));
    String last = call("torch.contiguous", "x", "memory_format=2");
    String stride = call("torch.stride", last);
    return TorchScriptModule.ofMethods(
        "Pool",
        method("pool", "    x = " + input + "\n    return " + to(pool, ScriptText.FLOAT32) + "\n")
            + method(
                "expected",
                "    x = " + input + "\n    return " + to(reference, ScriptText.FLOAT32) + "\n")
            // The next convolution copies its input unless it is channels-last already.
            + method(
                "same_layout",
                "    x = torch.contiguous(x, memory_format=2)\n    x = %s\n".formatted(pool)
                    + "    same = torch.eq(torch.stride(x), %s)\n".formatted(stride)
                    + "    return torch.tensor([annotate(float, float(same))])\n"),
        manager);
  }

  private static String method(String name, String body) {
    return ScriptText.method("Pool", name, "x: Tensor", "Tensor", body);
  }

  /** Returns values that float16 and bfloat16 hold exactly, with some NaN and infinities. */
  private static NDArray values(NDManager manager, Shape input) {
    Random random = new Random(5);
    float[] values = new float[(int) (ROWS * input.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(255) - 127;
    }
    values[0] = Float.NaN;
    values[values.length / 2] = Float.NaN;
    values[values.length / 3] = Float.POSITIVE_INFINITY;
    values[values.length / 4] = Float.NEGATIVE_INFINITY;
    return manager.create(values, new Shape(ROWS).addAll(input));
  }
}
