package io.graft.backbone;

import static io.graft.torchscript.ScriptText.FLOAT32;
import static io.graft.torchscript.ScriptText.call;
import static io.graft.torchscript.ScriptText.pair;
import static io.graft.torchscript.ScriptText.to;

import ai.djl.ndarray.types.Shape;
import io.graft.image.InputSpec;
import io.graft.nn.Layer;
import io.graft.nn.LayerScript;
import java.util.List;

/**
 * Writes floating-point layers for an NVIDIA GPU, with cuDNN's convolutions in channels-last order.
 * In a reduced precision, one kernel computes the convolution, its bias and its rectifier. float32
 * is the reference, so it uses only cuDNN's deterministic algorithms and never TensorFloat-32.
 *
 * @param elementType the element type of weights and features: {@code FLOAT32}, {@code FLOAT16} or
 *     {@code BFLOAT16} of {@link io.graft.torchscript.ScriptText}
 */
record CudnnFloat(int elementType) implements Step.Writer {

  /** The name of the method that starts to copy pixels to the GPU through pinned memory. */
  static final String UPLOAD = "upload";

  private static final String CHANNELS_LAST = "memory_format=2";

  @Override
  public void write(List<Step> steps, InputSpec input, ModuleSource module) {
    boolean first = KernelStep.FirstConvolution.replaces(steps, elementType);
    if (first) {
      module.beginKernel();
    }
    FloatSteps.normalize(input, elementType, module);
    for (Step step : steps) {
      if (step instanceof Step.Convolve convolve) {
        convolve(convolve, module);
        if (first) {
          module.endKernel(new KernelStep.FirstConvolution(convolve.input()), elementType);
          KernelStep.FirstConvolution.addMethods(input, elementType, module);
          first = false;
        }
      } else if (step instanceof Step.Connect connect) {
        String weight = FloatSteps.weight(connect, elementType, module);
        String bias = FloatSteps.bias(connect, elementType, module);
        module.x(call("torch.linear", "x", weight, bias));
        rectify(connect.relu(), module);
      } else {
        plain((Step.Plain) step, module);
      }
    }
    FloatSteps.finish(module);
    KernelStep.addMethods(module);
    module.method("weight", "i: int", call("torch.contiguous", to("(self.weights)[i]", FLOAT32)));
    module.method("bias", "i: int", to("(self.biases)[i]", FLOAT32));
    String device = call("ops.prim.device", "(self." + FloatSteps.NORM + ")[0]");
    String pinned = call("torch.pin_memory", "x");
    module.method(UPLOAD, "x: Tensor", call("torch.to", pinned, device, "None", "True"));
  }

  private void convolve(Step.Convolve step, ModuleSource module) {
    Layer.Conv2d layer = step.layer();
    String rounded = to(FloatSteps.stored(step, module), elementType);
    String weight =
        module.keep(ModuleSource.WEIGHTS, call("torch.contiguous", rounded, CHANNELS_LAST));
    String bias = FloatSteps.bias(step, elementType, module);
    String stride = pair(layer.stride());
    String padding = pair(layer.padding());
    if (step.relu() && elementType != FLOAT32) {
      module.x(
          call("torch.cudnn_convolution_relu", "x", weight, bias, stride, padding, pair(1), 1));
      return;
    }
    // The operator's last three arguments: benchmark, deterministic, allow_tf32.
    String settings = "False, True, False";
    module.x(call("torch.cudnn_convolution", "x", weight, padding, stride, pair(1), 1, settings));
    module.x(call("torch.add_", "x", call("torch.view", bias, "[1, -1, 1, 1]")));
    rectify(step.relu(), module);
  }

  private void plain(Step.Plain step, ModuleSource module) {
    boolean kernel = KernelStep.Pool.replaces(step, elementType);
    if (kernel) {
      module.beginKernel();
    }
    module.x(ofX(step));
    if (kernel) {
      module.endKernel(new KernelStep.Pool(step.input()), elementType);
    }
  }

  /**
   * Writes a layer without parameters. A pool whose windows tile the image is the maximum over two
   * axes of a view of the channels-last memory. libtorch computes that maximum faster than its
   * pool, with the same values: both return NaN for a window with NaN.
   */
  static String ofX(Step.Plain step) {
    if (!(step.layer() instanceof Layer.MaxPool2d pool) || !tiles(pool, step.input())) {
      return LayerScript.ofX(step.layer());
    }
    int size = pool.kernelSize();
    long lines = step.input().get(1) / size;
    long columns = step.input().get(2) / size;
    List<Object> windows = List.of(-1, lines, size, columns, size, step.input().get(0));
    String view = call("torch.reshape", call("torch.permute", "x", "[0, 2, 3, 1]"), windows);
    return call("torch.permute", call("torch.amax", view, "[2, 4]"), "[0, 3, 1, 2]");
  }

  private static boolean tiles(Layer.MaxPool2d pool, Shape input) {
    int size = pool.kernelSize();
    return pool.stride() == size && input.get(1) % size == 0 && input.get(2) % size == 0;
  }

  private static void rectify(boolean relu, ModuleSource module) {
    if (relu) {
      module.x("torch.relu_(x)");
    }
  }
}
