package io.graft.backbone;

import ai.djl.ndarray.types.Shape;
import io.graft.image.InputSpec;
import io.graft.nn.Layer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Floating point on the processor: oneDNN's convolutions and matrix products with bias and
 * rectifier in the same pass, channels-last, from weights in oneDNN's own blocked layout.
 *
 * @param elementType of weights and activations, {@link #FLOAT32} or {@link #BFLOAT16}
 * @param microBatch rows per forward pass for which the layout is chosen; fewer take as long
 */
record OneDnnFloat(int elementType, int microBatch) implements Arithmetic {

  private static final int ROWS_AT_ONCE = 4;

  @Override
  public void write(List<Step> steps, InputSpec input, ModuleSource module) throws IOException {
    FloatSteps.normalize(input, elementType, module);
    for (Step step : steps) {
      step(step, module);
    }
    FloatSteps.activations(module);
    addMethods(module);
  }

  /** Adds the methods that {@link Arithmetic#write} promises. */
  static void addMethods(ModuleSource module) {
    module.method(
        "weight(self: %s, i: int)", "torch.to(torch.to_dense((self.weights)[i]), " + FLOAT32 + ")");
    module.method("bias(self: %s, i: int)", "torch.to((self.biases)[i], " + FLOAT32 + ")");
  }

  /** Writes one step on {@code x} of this element type. */
  void step(Step step, ModuleSource module) throws IOException {
    if (step instanceof Step.Convolve convolve) {
      convolve(convolve, module);
    } else if (step instanceof Step.Connect connect) {
      connect(connect, module);
    } else {
      FloatSteps.simple(step, module);
    }
  }

  private void convolve(Step.Convolve step, ModuleSource module) throws IOException {
    Layer.Conv2d layer = step.layer();
    String window =
        Arithmetic.pair(layer.padding()) + ", " + Arithmetic.pair(layer.stride()) + ", [1, 1], 1, ";
    Shape batch = new Shape(microBatch).addAll(step.input());
    String weight =
        module.keep(
            ModuleSource.WEIGHTS,
            "ops.mkldnn._reorder_convolution_weight(torch.to("
                + FloatSteps.weight(step, module)
                + ", "
                + elementType
                + "), "
                + window
                + Arrays.toString(batch.getShape())
                + ")");
    String bias = FloatSteps.bias(step.path(), layer.outChannels(), elementType, module);
    module.x(
        "ops.mkldnn._convolution_pointwise(x, "
            + weight
            + ", "
            + bias
            + ", "
            + window
            + fusion(step.relu())
            + ")");
    module.observeLargest();
  }

  /**
   * The weight stays as it is in the archive: in oneDNN's layout the product would take half as
   * long, a tenth of a whole VGG16 in eight bits, and for a while twice the memory, 400 MiB more.
   *
   * <p>How many rows are multiplied at once, and where among them a row is, decides in which order
   * its products are summed. So it is always four, filled up with zeros: then the last bits of a
   * row do not depend on which others are with it.
   */
  private void connect(Step.Connect step, ModuleSource module) throws IOException {
    String weight =
        module.keep(
            ModuleSource.WEIGHTS,
            "torch.to(" + FloatSteps.weight(step, module) + ", " + elementType + ")");
    String bias = FloatSteps.bias(step.path(), step.layer().outFeatures(), elementType, module);
    int parts = (microBatch + ROWS_AT_ONCE - 1) / ROWS_AT_ONCE;
    String rows = "torch.size(x, 0)";
    String missing = "ops.prim.max(0, torch.sub(" + parts * ROWS_AT_ONCE + ", " + rows + "))";
    String filled = "torch.constant_pad_nd(x, [0, 0, 0, " + missing + "])";
    List<String> products = new ArrayList<>();
    for (int part = 0; part < parts; part++) {
      long end = part == parts - 1 ? Long.MAX_VALUE : (part + 1L) * ROWS_AT_ONCE;
      products.add(
          "ops.mkldnn._linear_pointwise(torch.slice("
              + (filled + ", 0, " + part * ROWS_AT_ONCE + ", " + end + "), ")
              + (weight + ", " + bias + ", " + fusion(step.relu()) + ")"));
    }
    module.x("torch.slice(torch.cat([" + String.join(", ", products) + "]), 0, 0, " + rows + ")");
  }

  private static String fusion(boolean relu) {
    return (relu ? "\"relu\"" : "\"none\"") + ", " + NO_SCALARS + ", None";
  }
}
