package io.graft.backbone;

import static io.graft.torchscript.ScriptText.FLOAT32;
import static io.graft.torchscript.ScriptText.call;
import static io.graft.torchscript.ScriptText.to;

import ai.djl.ndarray.types.Shape;
import io.graft.image.InputSpec;
import java.util.List;

/** Writes the steps that all floating-point precisions have in common. */
final class FloatSteps {

  /** The attribute with the constants of normalisation. All floating-point modules have it. */
  static final String NORM = "norm";

  private FloatSteps() {}

  /**
   * Writes the normalisation of pixels, with the same operations in the same order as {@link
   * InputSpec#normalize}. The result is channels-last, because permuting NHWC memory copies
   * nothing. Normalisation is not folded into the first convolution. That would save only half a
   * percent of VGG16's time in the fastest float precision, and it would change the rounding.
   */
  static void normalize(InputSpec input, int elementType, ModuleSource module) {
    if (input.channels() == InputSpec.Channels.BGR) {
      module.x("torch.flip(x, [3])");
    }
    module.x(to("torch.permute(x, [0, 3, 1, 2])", FLOAT32));
    if (input.divisor() != 1) {
      module.x(call("torch.div_", "x", (double) input.divisor()));
    }
    module.x(call("torch.sub_", "x", constant(input.mean(), module)));
    module.x(call("torch.div_", "x", constant(input.standardDeviation(), module)));
    module.x(to("x", elementType));
  }

  private static String constant(List<Float> perChannel, ModuleSource module) {
    return module.keep(NORM, module.values(new Shape(1, 3, 1, 1), perChannel));
  }

  /** Returns the expression for a step's original weight. */
  static String stored(Step.WithParameters step, ModuleSource module) {
    return module.parameter(step.path() + ".weight", step.layer().parameterShapes().get("weight"));
  }

  /** Adds the rounded weight of a fully connected layer and returns the expression for it. */
  static String weight(Step.Connect step, int elementType, ModuleSource module) {
    return module.keep(ModuleSource.WEIGHTS, to(stored(step, module), elementType));
  }

  /** Adds the rounded bias of a step to the module and returns the expression for it. */
  static String bias(Step.WithParameters step, int elementType, ModuleSource module) {
    Shape shape = step.layer().parameterShapes().get("bias");
    String stored = module.parameter(step.path() + ".bias", shape);
    return module.keep(ModuleSource.BIASES, to(stored, elementType));
  }

  /** Writes the end of {@code forward}: the conversion of the features to contiguous float32. */
  static void finish(ModuleSource module) {
    module.x(to("x", FLOAT32));
    module.x("torch.contiguous(x)");
  }
}
