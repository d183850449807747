package io.graft.backbone;

import static io.graft.torchscript.ScriptText.FLOAT32;
import static io.graft.torchscript.ScriptText.INT32;
import static io.graft.torchscript.ScriptText.INT8;
import static io.graft.torchscript.ScriptText.UINT8;
import static io.graft.torchscript.ScriptText.call;
import static io.graft.torchscript.ScriptText.number;
import static io.graft.torchscript.ScriptText.pair;
import static io.graft.torchscript.ScriptText.to;

import ai.djl.ndarray.types.Shape;
import io.graft.image.InputSpec;
import io.graft.nn.Layer;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes int8 layers for the CPU: a chain of oneDNN's convolutions whose values stay uint8 from
 * layer to layer. Their zero point is 0, because a rectifier leaves no negative values. Weights are
 * symmetric int8 with a scale for each output channel. The last convolution returns float32, and
 * the layers after the chain, mostly fully connected ones, are computed in float32.
 *
 * <p>The first convolution takes the pixels, and normalisation is folded into its weights exactly.
 * The weight becomes weight / (divisor x deviation), and pixels have the zero point Z. The
 * remaining offset of each channel, Z - mean x divisor, becomes part of the weight of a fourth
 * channel, which is constant inside the image. Padding, which is zero after normalisation, is the
 * zero point in all four channels. So borders are exact too.
 *
 * @param microBatch the number of rows per forward pass
 * @param scales the activation that one uint8 step represents in the input of each convolution
 *     except the first
 * @see <a href="https://arxiv.org/abs/1712.05877">Jacob et al., 2017</a>
 */
record OneDnnInt8(int microBatch, List<Float> scales) implements Step.Writer {

  /** The distance of the fourth channel from the zero point inside the image. */
  private static final int INSIDE = 64;

  private static final int LARGEST_PIXEL = 255;
  private static final int CHANNELS_OF_PIXELS = 3;

  @Override
  public void write(List<Step> steps, InputSpec input, ModuleSource module) {
    int end = chainEnd(steps);
    int convolutions = convolutions(steps);
    if (scales.size() != convolutions - 1) {
      throw new IllegalArgumentException(
          scales.size() + " activation scales for " + convolutions + " convolutions");
    }
    int zero = zeroPoint(input);
    module.x(call("torch.constant_pad_nd", "x", "[0, 1]", zero + INSIDE));
    module.x("torch.permute(x, [0, 3, 1, 2])");
    int index = 0;
    for (Step step : steps.subList(0, end)) {
      if (step instanceof Step.Convolve convolve) {
        String weight = FloatSteps.stored(convolve, module);
        String source = index == 0 ? fold(weight, input, zero, module) : weight;
        convolve(convolve, index++, index == 1 ? zero : 0, source, module);
      } else {
        Step.Plain plain = (Step.Plain) step;
        pool((Layer.MaxPool2d) plain.layer(), plain.input(), module);
      }
    }
    OneDnnFloat floats = new OneDnnFloat(FLOAT32, microBatch);
    for (Step step : steps.subList(end, steps.size())) {
      floats.step(step, module);
    }
    FloatSteps.finish(module);
    addMethods(module);
  }

  /**
   * Returns the number of convolutions that are computed in int8.
   *
   * @throws UnsupportedPrecisionException if int8 can compute no convolution
   */
  static int convolutions(List<Step> steps) {
    return (int)
        steps.subList(0, chainEnd(steps)).stream().filter(Step.Convolve.class::isInstance).count();
  }

  /**
   * Returns the index after the chain, which begins with the first step and ends with a
   * convolution. The chain has only pools and convolutions with a rectifier. Its last convolution
   * may lack the rectifier.
   */
  private static int chainEnd(List<Step> steps) {
    int end = 0;
    boolean rectified = true;
    for (int i = 0; i < steps.size() && rectified; i++) {
      if (steps.get(i) instanceof Step.Convolve convolve) {
        end = i + 1;
        rectified = convolve.relu();
      } else if (!(steps.get(i) instanceof Step.Plain plain)
          || !(plain.layer() instanceof Layer.MaxPool2d)) {
        break;
      }
    }
    if (end == 0
        || !(steps.get(0) instanceof Step.Convolve first)
        || first.layer().inChannels() != CHANNELS_OF_PIXELS) {
      throw new UnsupportedPrecisionException(
          "These layers cannot be computed in int8, which expects a convolution of the image's"
              + " three channels first. Use another precision.");
    }
    return end;
  }

  /** Returns a zero point close to the means, so that the fourth channel's offsets are small. */
  private static int zeroPoint(InputSpec input) {
    double mean =
        input.mean().stream().mapToDouble(m -> (double) m * input.divisor()).average().orElse(0);
    return (int) Math.max(0, Math.min(LARGEST_PIXEL - INSIDE, Math.rint(mean)));
  }

  /** Returns the first convolution's weight for pixels and the fourth channel, (out, 4, k, k). */
  private static String fold(String weight, InputSpec input, int zero, ModuleSource module) {
    Shape perChannel = new Shape(1, CHANNELS_OF_PIXELS, 1, 1);
    List<Float> factors = new ArrayList<>();
    List<Float> offsets = new ArrayList<>();
    for (int c = 0; c < CHANNELS_OF_PIXELS; c++) {
      double divisor = input.divisor();
      factors.add((float) (1 / (divisor * input.standardDeviation().get(c))));
      offsets.add((float) ((zero - (double) input.mean().get(c) * divisor) / INSIDE));
    }
    String scaled = call("torch.mul", weight, module.values(perChannel, factors));
    String offset = call("torch.mul", scaled, module.values(perChannel, offsets));
    String inside = call("torch.sum", offset, "[1]", "True");
    // Pixels are RGB in memory, whatever the order of the network's input channels.
    boolean flipped = input.channels() == InputSpec.Channels.BGR;
    String ordered = flipped ? call("torch.flip", scaled, "[1]") : scaled;
    return call("torch.cat", List.of(ordered, inside), 1);
  }

  private void convolve(
      Step.Convolve step, int index, int zero, String floatWeight, ModuleSource module) {
    Layer.Conv2d layer = step.layer();
    boolean last = index == scales.size();
    double inputScale = index == 0 ? 1 : scales.get(index - 1);
    double outputScale = last ? 1 : scales.get(index);
    String window = pair(layer.stride()) + ", " + pair(layer.padding()) + ", [1, 1], 1";
    String scale = module.keep("scales", call("(self).scale", floatWeight));
    String quantized = call("(self).quantized", floatWeight, scale);
    String packed =
        call("ops.onednn.qconv_prepack", quantized, scale, inputScale, zero, window, "None");
    String weight = module.keep(ModuleSource.WEIGHTS, packed);
    String channels = "[" + layer.outChannels() + "], dtype=" + INT32;
    String zeros = module.keep("zeros", call("torch.zeros", channels));
    String bias = FloatSteps.bias(step, FLOAT32, module);
    String input = "x, " + number(inputScale) + ", " + zero;
    String output = number(outputScale) + ", 0, " + (last ? FLOAT32 : UINT8);
    String fusion = OneDnnFloat.fusion(step.relu());
    String convolution = "ops.onednn.qconv2d_pointwise";
    module.x(call(convolution, input, weight, scale, zeros, bias, window, output, fusion));
  }

  /** Writes a pool as a maximum of slices, because libtorch's pool refuses uint8. It is as fast. */
  private static void pool(Layer.MaxPool2d layer, Shape input, ModuleSource module) {
    Shape output = layer.outputShape(input);
    int stride = layer.stride();
    for (int axis = 1; axis <= 2; axis++) {
      String maximum = "";
      for (int i = 0; i < layer.kernelSize(); i++) {
        long end = i + (output.get(axis) - 1) * stride + 1;
        String slice = call("torch.slice", "x", axis + 1, i, end, stride);
        maximum = i == 0 ? slice : call("torch.maximum", maximum, slice);
      }
      module.x(maximum);
    }
  }

  private static void addMethods(ModuleSource module) {
    OneDnnFloat.addMethods(module);
    String largest = call("torch.amax", call("torch.abs", "w"), "[1, 2, 3]");
    module.method(
        "scale", "w: Tensor", call("torch.clamp_min", call("torch.div", largest, "127."), "1e-30"));
    String steps = call("torch.div", "w", "torch.view(s, [-1, 1, 1, 1])");
    module.method("quantized", "w: Tensor, s: Tensor", to(call("torch.round", steps), INT8));
  }
}
