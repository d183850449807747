package io.graft.backbone;

import static io.graft.torchscript.ScriptText.FLOAT32;
import static io.graft.torchscript.ScriptText.NO_SCALARS;
import static io.graft.torchscript.ScriptText.call;
import static io.graft.torchscript.ScriptText.pair;
import static io.graft.torchscript.ScriptText.to;

import ai.djl.ndarray.types.Shape;
import io.graft.image.InputSpec;
import io.graft.nn.Layer;
import io.graft.nn.LayerScript;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Writes floating-point layers for the CPU, with oneDNN's convolutions and matrix products in
 * channels-last order. One operation computes a product, its bias and its rectifier. The weights of
 * convolutions are in oneDNN's own blocked layout. Large float32 convolutions are {@link
 * Winograd}'s.
 *
 * @param elementType the element type of weights and features: {@code FLOAT32} or {@code BFLOAT16}
 *     of {@link io.graft.torchscript.ScriptText}
 * @param microBatch the number of rows per forward pass, for which oneDNN chooses the layout; a
 *     pass of fewer rows takes as long
 */
record OneDnnFloat(int elementType, int microBatch) implements Step.Writer {

  private static final int ROWS_AT_ONCE = 4;

  @Override
  public void write(List<Step> steps, InputSpec input, ModuleSource module) {
    FloatSteps.normalize(input, elementType, module);
    if (steps.stream().anyMatch(this::winograd)) {
      Winograd.prepare(module);
    }
    for (Step step : steps) {
      if (winograd(step)) {
        Winograd.write((Step.Convolve) step, module);
      } else {
        step(step, module);
      }
    }
    FloatSteps.finish(module);
    addMethods(module);
  }

  /** Adds the methods {@code weight} and {@code bias}; see {@link Step.Writer#write}. */
  static void addMethods(ModuleSource module) {
    module.method("weight", "i: int", to(call("torch.to_dense", "(self.weights)[i]"), FLOAT32));
    module.method("bias", "i: int", to("(self.biases)[i]", FLOAT32));
  }

  /** Writes one step, which takes and sets {@code x} of this element type. */
  void step(Step step, ModuleSource module) {
    if (step instanceof Step.Convolve convolve) {
      convolve(convolve, module);
    } else if (step instanceof Step.Connect connect) {
      connect(connect, module);
    } else {
      module.x(LayerScript.ofX(((Step.Plain) step).layer()));
    }
  }

  private boolean winograd(Step step) {
    return elementType == FLOAT32
        && step instanceof Step.Convolve convolve
        && Winograd.fits(convolve.layer(), convolve.input());
  }

  private void convolve(Step.Convolve step, ModuleSource module) {
    Layer.Conv2d layer = step.layer();
    String window = pair(layer.padding()) + ", " + pair(layer.stride()) + ", [1, 1], 1";
    String batch = Arrays.toString(new Shape(microBatch).addAll(step.input()).getShape());
    String rounded = to(FloatSteps.stored(step, module), elementType);
    String blocked = call("ops.mkldnn._reorder_convolution_weight", rounded, window, batch);
    String weight = module.keep(ModuleSource.WEIGHTS, blocked);
    String bias = FloatSteps.bias(step, elementType, module);
    String fusion = fusion(step.relu());
    module.x(call("ops.mkldnn._convolution_pointwise", "x", weight, bias, window, fusion));
    module.observeLargest();
  }

  /**
   * Writes a fully connected layer. The weight keeps its original layout. With oneDNN's layout the
   * product would take half as long, which would save 10 % of the time of an int8 VGG16. But
   * loading would take twice the memory, 400 MiB more.
   *
   * <p>oneDNN sums the products of a row in an order that depends on the number of rows and on the
   * row's place among them. The rows are therefore multiplied four at a time, and missing rows are
   * zeros. So the last bits of a row do not depend on the other rows of its batch.
   */
  private void connect(Step.Connect step, ModuleSource module) {
    String weight = FloatSteps.weight(step, elementType, module);
    String bias = FloatSteps.bias(step, elementType, module);
    int parts = (microBatch + ROWS_AT_ONCE - 1) / ROWS_AT_ONCE;
    String rows = call("torch.size", "x", 0);
    String missing = call("ops.prim.max", 0, call("torch.sub", parts * ROWS_AT_ONCE, rows));
    String filled = call("torch.constant_pad_nd", "x", "[0, 0, 0, " + missing + "]");
    List<String> products = new ArrayList<>();
    for (int part = 0; part < parts; part++) {
      long end = part == parts - 1 ? Long.MAX_VALUE : (part + 1L) * ROWS_AT_ONCE;
      String some = call("torch.slice", filled, 0, part * ROWS_AT_ONCE, end);
      products.add(call("ops.mkldnn._linear_pointwise", some, weight, bias, fusion(step.relu())));
    }
    module.x(call("torch.slice", call("torch.cat", products), 0, 0, rows));
  }

  /** Writes the operator's arguments that decide whether it applies a rectifier to its result. */
  static String fusion(boolean relu) {
    return (relu ? "\"relu\"" : "\"none\"") + ", " + NO_SCALARS + ", None";
  }
}
