package io.graft.backbone;

import io.graft.image.InputSpec;
import io.graft.nn.Layer;
import java.io.IOException;
import java.util.List;

/**
 * Floating point on an NVIDIA GPU: cuDNN's convolutions, channels-last, with bias and rectifier in
 * the same kernel where a reduced precision allows it. In float32 TensorFloat-32 is off and cuDNN
 * is held to deterministic algorithms, because that precision is the reference.
 *
 * @param elementType of weights and activations, {@link #FLOAT32}, {@link #FLOAT16} or {@link
 *     #BFLOAT16}
 */
record CudnnFloat(int elementType) implements Arithmetic {

  /** The method that copies pixels to the GPU, through pinned memory and without waiting. */
  static final String UPLOAD = "upload";

  private static final String CHANNELS_LAST = "memory_format=2";

  @Override
  public void write(List<Step> steps, InputSpec input, ModuleSource module) throws IOException {
    FloatSteps.normalize(input, elementType, module);
    for (Step step : steps) {
      if (step instanceof Step.Convolve convolve) {
        convolve(convolve, module);
      } else if (step instanceof Step.Connect connect) {
        connect(connect, module);
      } else {
        FloatSteps.simple(step, module);
      }
    }
    FloatSteps.activations(module);
    module.method(
        "weight(self: %s, i: int)",
        "torch.contiguous(torch.to((self.weights)[i], " + FLOAT32 + "))");
    module.method("bias(self: %s, i: int)", "torch.to((self.biases)[i], " + FLOAT32 + ")");
    module.method(
        UPLOAD + "(self: %s, x: Tensor)",
        "torch.to(torch.pin_memory(x), ops.prim.device((self."
            + FloatSteps.NORM
            + ")[0]), None, True)");
  }

  private void convolve(Step.Convolve step, ModuleSource module) throws IOException {
    Layer.Conv2d layer = step.layer();
    String weight =
        module.keep(
            ModuleSource.WEIGHTS,
            "torch.contiguous(torch.to("
                + FloatSteps.weight(step, module)
                + ", "
                + elementType
                + "), "
                + CHANNELS_LAST
                + ")");
    String bias = FloatSteps.bias(step.path(), layer.outChannels(), elementType, module);
    if (step.relu() && elementType != FLOAT32) {
      module.x(
          "torch.cudnn_convolution_relu(x, "
              + weight
              + ", "
              + bias
              + (", "
                  + Arithmetic.pair(layer.stride())
                  + ", "
                  + Arithmetic.pair(layer.padding())
                  + ", [1, 1], 1)"));
      return;
    }
    // The last three: benchmark, deterministic, allow_tf32.
    module.x(
        "torch.cudnn_convolution(x, "
            + weight
            + (", "
                + Arithmetic.pair(layer.padding())
                + ", "
                + Arithmetic.pair(layer.stride())
                + ", [1, 1], 1, ")
            + "False, True, False)");
    module.x("torch.add_(x, torch.view(" + bias + ", [1, -1, 1, 1]))");
    if (step.relu()) {
      module.x("torch.relu_(x)");
    }
  }

  private void connect(Step.Connect step, ModuleSource module) throws IOException {
    String weight =
        module.keep(
            ModuleSource.WEIGHTS,
            "torch.to(" + FloatSteps.weight(step, module) + ", " + elementType + ")");
    String bias = FloatSteps.bias(step.path(), step.layer().outFeatures(), elementType, module);
    module.x("torch.linear(x, " + weight + ", " + bias + ")");
    if (step.relu()) {
      module.x("torch.relu_(x)");
    }
  }
}
