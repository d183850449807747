package io.graft.backbone;

import ai.djl.ndarray.types.Shape;
import io.graft.image.InputSpec;
import io.graft.nn.Layer;
import io.graft.runtime.UnsupportedPrecisionException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;

/**
 * Eight-bit integers on the processor: a chain of oneDNN's convolutions whose activations stay
 * uint8 from layer to layer, where a rectifier makes the zero point 0, with symmetric int8 weights
 * and a scale for each output channel. The last convolution gives float32, and what follows the
 * chain, fully connected layers above all, is computed in float32.
 *
 * <p>The first convolution takes the pixels themselves, and normalisation is folded into its
 * weights exactly: the weight becomes weight / (divisor x deviation), pixels have zero point Z, and
 * what is left, Z - mean x divisor in each channel, goes into the weight of a fourth channel that
 * is constant inside the picture. Padding, which is zero behind normalisation, is the zero point in
 * all four channels, so borders are right as well.
 *
 * @param microBatch rows per forward pass
 * @param scales what one step stands for in the input of each convolution of the chain but the
 *     first
 * @see <a href="https://arxiv.org/abs/1712.05877">Jacob et al., 2017</a>
 */
record OneDnnInt8(int microBatch, List<Float> scales) implements Arithmetic {

  /** How far above the zero point the fourth channel is inside the picture. */
  private static final int INSIDE = 64;

  private static final int LARGEST_PIXEL = 255;
  private static final int CHANNELS_OF_PIXELS = 3;

  @Override
  public void write(List<Step> steps, InputSpec input, ModuleSource module) throws IOException {
    int behind = chainEnd(steps);
    int convolutions = convolutions(steps);
    if (scales.size() != convolutions - 1) {
      throw new IllegalArgumentException(
          scales.size() + " activation scales for " + convolutions + " convolutions");
    }
    int zero = zeroPoint(input);
    module.x("torch.constant_pad_nd(x, [0, 1], " + (zero + INSIDE) + ")");
    module.x("torch.permute(x, [0, 3, 1, 2])");
    int index = 0;
    for (Step step : steps.subList(0, behind)) {
      if (step instanceof Step.Convolve convolve) {
        String weight = FloatSteps.weight(convolve, module);
        String source = index == 0 ? fold(weight, input, zero, module) : weight;
        convolve(convolve, index++, index == 1 ? zero : 0, source, module);
      } else {
        pool((Step.Pool) step, module);
      }
    }
    OneDnnFloat floats = new OneDnnFloat(FLOAT32, microBatch);
    for (Step step : steps.subList(behind, steps.size())) {
      floats.step(step, module);
    }
    FloatSteps.activations(module);
    addMethods(module);
  }

  /**
   * How many convolutions of some steps are computed in eight bits.
   *
   * @throws UnsupportedPrecisionException if there is none
   */
  static int convolutions(List<Step> steps) {
    return (int)
        steps.subList(0, chainEnd(steps)).stream().filter(Step.Convolve.class::isInstance).count();
  }

  /**
   * The number of steps up to the last convolution before which there are only others and pools.
   */
  private static int chainEnd(List<Step> steps) {
    int end = 0;
    boolean rectified = true;
    for (int i = 0; i < steps.size() && rectified; i++) {
      if (steps.get(i) instanceof Step.Convolve convolve) {
        end = i + 1;
        rectified = convolve.relu();
      } else if (!(steps.get(i) instanceof Step.Pool)) {
        break;
      }
    }
    if (end == 0
        || !(steps.get(0) instanceof Step.Convolve first)
        || first.layer().inChannels() != CHANNELS_OF_PIXELS) {
      throw new UnsupportedPrecisionException(
          "These layers cannot be computed in int8: expected a convolution of the picture's three"
              + " channels first. Use another precision.");
    }
    return end;
  }

  /** Close to the means, so that little is left for the fourth channel. */
  private static int zeroPoint(InputSpec input) {
    double mean =
        input.mean().stream().mapToDouble(m -> (double) m * input.divisor()).average().orElse(0);
    return (int) Math.max(0, Math.min(LARGEST_PIXEL - INSIDE, Math.rint(mean)));
  }

  /** The first weight over pixels and the fourth channel, (out, 4, k, k). */
  private static String fold(String weight, InputSpec input, int zero, ModuleSource module)
      throws IOException {
    Shape perChannel = new Shape(1, CHANNELS_OF_PIXELS, 1, 1);
    List<Float> factors =
        perChannel(c -> 1 / ((double) input.divisor() * input.standardDeviation().get((int) c)));
    List<Float> offsets =
        perChannel(c -> (zero - (double) input.mean().get((int) c) * input.divisor()) / INSIDE);
    String scaled = "torch.mul(" + weight + ", " + module.values(perChannel, factors) + ")";
    String inside =
        "torch.sum(torch.mul("
            + scaled
            + ", "
            + module.values(perChannel, offsets)
            + "), [1], True)";
    // Pixels are RGB in memory whatever the order of the network's input channels.
    String ordered =
        input.channels() == InputSpec.Channels.BGR ? "torch.flip(" + scaled + ", [1])" : scaled;
    return "torch.cat([" + ordered + ", " + inside + "], 1)";
  }

  private static List<Float> perChannel(DoubleUnaryOperator value) {
    return IntStream.range(0, CHANNELS_OF_PIXELS)
        .mapToObj(channel -> (float) value.applyAsDouble(channel))
        .toList();
  }

  private void convolve(
      Step.Convolve step, int index, int zero, String floatWeight, ModuleSource module)
      throws IOException {
    Layer.Conv2d layer = step.layer();
    boolean last = index == scales.size();
    String inputScale = index == 0 ? "1.0" : number(scales.get(index - 1));
    String window =
        Arithmetic.pair(layer.stride()) + ", " + Arithmetic.pair(layer.padding()) + ", [1, 1], 1, ";
    String scale = module.keep("scales", "(self).scale(" + floatWeight + ")");
    String weight =
        module.keep(
            ModuleSource.WEIGHTS,
            "ops.onednn.qconv_prepack((self).quantized("
                + (floatWeight + ", " + scale + "), " + scale + ", " + inputScale + ", " + zero)
                + (", " + window + "None)"));
    String zeros =
        module.keep("zeros", "torch.zeros([" + layer.outChannels() + "], dtype=" + INT32 + ")");
    String bias = FloatSteps.bias(step.path(), layer.outChannels(), FLOAT32, module);
    module.x(
        "ops.onednn.qconv2d_pointwise(x, "
            + (inputScale + ", " + zero + ", " + weight + ", " + scale + ", " + zeros)
            + (", " + bias + ", " + window + (last ? "1.0" : number(scales.get(index))))
            + (", 0, " + (last ? FLOAT32 : UINT8))
            + (", \"" + (step.relu() ? "relu" : "none") + "\", " + NO_SCALARS + ", None)"));
  }

  /** libtorch's pooling refuses uint8; the maximum of strided slices is as fast. */
  private static void pool(Step.Pool step, ModuleSource module) {
    Shape output = step.layer().outputShape(step.input());
    for (int axis = 1; axis <= 2; axis++) {
      List<String> slices = new ArrayList<>();
      for (int i = 0; i < step.layer().kernelSize(); i++) {
        long end = i + (output.get(axis) - 1) * step.layer().stride() + 1;
        slices.add(
            "torch.slice(x, "
                + (axis + 1 + ", " + i + ", " + end + ", " + step.layer().stride() + ")"));
      }
      module.x(slices.stream().reduce((a, b) -> "torch.maximum(" + a + ", " + b + ")").get());
    }
  }

  private static void addMethods(ModuleSource module) {
    OneDnnFloat.addMethods(module);
    module.method(
        "scale(self: %s, w: Tensor)",
        "torch.clamp_min(torch.div(torch.amax(torch.abs(w), [1, 2, 3]), 127.), 1e-30)");
    module.method(
        "quantized(self: %s, w: Tensor, s: Tensor)",
        "torch.to(torch.round(torch.div(w, torch.view(s, [-1, 1, 1, 1]))), " + INT8 + ")");
  }

  private static String number(float value) {
    return Double.toString(value);
  }
}
