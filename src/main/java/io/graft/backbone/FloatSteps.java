package io.graft.backbone;

import ai.djl.ndarray.types.Shape;
import io.graft.image.InputSpec;
import io.graft.nn.Layer;
import java.io.IOException;

/** The source of what every floating point arithmetic computes in the same way. */
final class FloatSteps {

  /** The attribute that holds the constants of normalisation, which every float module has. */
  static final String NORM = "norm";

  private FloatSteps() {}

  /**
   * Pixels to normalised input, channels-last because NHWC memory is only seen as NCHW: {@link
   * InputSpec#normalize}, operation by operation. Folding it into the first convolution would save
   * half a percent of VGG16's time in the fastest float precision and change the rounding.
   */
  static void normalize(InputSpec input, int elementType, ModuleSource module) throws IOException {
    if (input.channels() == InputSpec.Channels.BGR) {
      module.x("torch.flip(x, [3])");
    }
    module.x("torch.to(torch.permute(x, [0, 3, 1, 2]), " + Arithmetic.FLOAT32 + ")");
    if (input.divisor() != 1) {
      module.x("torch.div_(x, " + (double) input.divisor() + ")");
    }
    Shape perChannel = new Shape(1, 3, 1, 1);
    module.x("torch.sub_(x, " + module.keep(NORM, module.values(perChannel, input.mean())) + ")");
    module.x(
        "torch.div_(x, "
            + module.keep(NORM, module.values(perChannel, input.standardDeviation()))
            + ")");
    convert(elementType, module);
  }

  /** Rounds {@code x}; nothing where it has that type. */
  static void convert(int elementType, ModuleSource module) {
    module.x("torch.to(x, " + elementType + ")");
  }

  /** A step without parameters. */
  static void simple(Step step, ModuleSource module) {
    if (step instanceof Step.Pool pool) {
      Layer.MaxPool2d layer = pool.layer();
      module.x(
          "torch.max_pool2d(x, "
              + Arithmetic.pair(layer.kernelSize())
              + ", "
              + Arithmetic.pair(layer.stride())
              + ")");
    } else if (step instanceof Step.Average average) {
      module.x("torch.adaptive_avg_pool2d(x, " + Arithmetic.pair(average.outputSize()) + ")");
    } else if (step instanceof Step.Flatten) {
      module.x("torch.flatten(x, 1)");
    } else if (step instanceof Step.Rectify) {
      module.x("torch.relu(x)");
    } else {
      throw new IllegalArgumentException("A step with parameters: " + step);
    }
  }

  /** Keeps a convolution's weight as one kernel per output channel, rounded; gives its source. */
  static String weight(Step.Convolve step, ModuleSource module) throws IOException {
    return module.parameter(step.path() + ".weight", step.layer().parameterShapes().get("weight"));
  }

  static String weight(Step.Connect step, ModuleSource module) throws IOException {
    return module.parameter(step.path() + ".weight", step.layer().parameterShapes().get("weight"));
  }

  /** Keeps a bias in a type; gives its source. */
  static String bias(String path, int outputs, int elementType, ModuleSource module)
      throws IOException {
    String stored = module.parameter(path + ".bias", new Shape(outputs));
    return module.keep(ModuleSource.BIASES, "torch.to(" + stored + ", " + elementType + ")");
  }

  /** Ends {@code forward}. */
  static void activations(ModuleSource module) {
    convert(Arithmetic.FLOAT32, module);
    module.x("torch.contiguous(x)");
  }
}
