package io.graft.backbone;

import static io.graft.torchscript.ScriptText.FLOAT16;
import static io.graft.torchscript.ScriptText.FLOAT32;
import static io.graft.torchscript.ScriptText.call;
import static io.graft.torchscript.ScriptText.to;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.graft.cuda.ElementType;
import io.graft.cuda.Kernels;
import io.graft.image.InputSpec;
import io.graft.nn.Layer;
import java.util.List;

/** A part of the compiled layers that one of Graft's CUDA kernels can compute. */
sealed interface KernelStep {

  /**
   * Returns the shape of an output row, (channels, height, width). The kernel writes it as NHWC.
   */
  Shape output();

  /** Returns the memory format of the input, as an argument of {@code torch.contiguous}. */
  String layout();

  /**
   * Returns how much the kernel's largest difference from cuDNN may be, divided by the largest
   * value.
   */
  double tolerance(ElementType type);

  /**
   * Launches the kernel.
   *
   * @param parameters the parameters of the first convolution, empty without one
   * @param x the input
   * @param y the output, whose content is undefined
   */
  void launch(Kernels kernels, List<NDArray> parameters, NDArray x, NDArray y, int rows);

  /**
   * A maximum over windows of 2 x 2 pixels.
   *
   * @param input the shape of an input row, (channels, height, width)
   */
  record Pool(Shape input) implements KernelStep {

    private static final Layer.MaxPool2d LAYER = new Layer.MaxPool2d(2, 2);

    static boolean replaces(Step.Plain step, int elementType) {
      return step.layer().equals(LAYER) && Kernels.canPool(step.input(), type(elementType));
    }

    @Override
    public Shape output() {
      return LAYER.outputShape(input);
    }

    @Override
    public String layout() {
      return "memory_format=2";
    }

    @Override
    public double tolerance(ElementType type) {
      return 0;
    }

    @Override
    public void launch(Kernels kernels, List<NDArray> parameters, NDArray x, NDArray y, int rows) {
      kernels.maxPool(x, y, rows, input);
    }
  }

  /**
   * The normalisation of pixels, and the convolution of them with its bias and its rectifier.
   *
   * @param input the shape of an input row, (3, height, width)
   */
  record FirstConvolution(Shape input) implements KernelStep {

    private static final Layer.Conv2d LAYER =
        new Layer.Conv2d(3, Kernels.CONVOLUTION_OUTPUTS, 3, 1, 1);

    /** The method that returns the weights as the kernel takes them. */
    static final String WEIGHT = "first_weight";

    /** The method that rounds to the type of the elements, and gives them the order of the axes. */
    static final String ELEMENTS = "elements";

    static boolean replaces(List<Step> steps, int elementType) {
      return elementType != FLOAT32
          && !steps.isEmpty()
          && steps.get(0) instanceof Step.Convolve first
          && first.relu()
          && first.layer().equals(LAYER);
    }

    /** Adds the methods that prepare the kernel's parameters. */
    static void addMethods(InputSpec input, int elementType, ModuleSource module) {
      String weight =
          call("torch.permute", "(self." + ModuleSource.WEIGHTS + ")[0]", "[0, 2, 3, 1]");
      if (input.channels() == InputSpec.Channels.BGR) {
        // The kernel takes the channels in the order of the pixels, which is RGB.
        weight = call("torch.flip", weight, "[3]");
      }
      int products = LAYER.inChannels() * LAYER.kernelSize() * LAYER.kernelSize();
      String matrix = call("torch.reshape", weight, List.of(Kernels.CONVOLUTION_OUTPUTS, products));
      int zeros = Kernels.CONVOLUTION_PRODUCTS - products;
      String filled = call("torch.constant_pad_nd", matrix, List.of(0, zeros));
      module.method(WEIGHT, "", call("torch.contiguous", filled));
      module.method(ELEMENTS, "x: Tensor", call("torch.contiguous", to("x", elementType)));
    }

    @Override
    public Shape output() {
      return LAYER.outputShape(input);
    }

    @Override
    public String layout() {
      return "memory_format=0";
    }

    @Override
    public double tolerance(ElementType type) {
      // Two steps of the type's significand, because cuDNN sums in another order before it rounds.
      return type == ElementType.FLOAT16 ? 0x1p-9 : 0x1p-6;
    }

    @Override
    public void launch(Kernels kernels, List<NDArray> parameters, NDArray x, NDArray y, int rows) {
      kernels.firstConvolution(
          x, parameters.get(0), parameters.get(1), parameters.get(2), y, rows, input);
    }
  }

  /**
   * The method that returns the largest difference of two tensors, and the second's largest value.
   */
  String DIFFERENCE = "difference";

  /** Adds the method {@link #DIFFERENCE}. */
  static void addMethods(ModuleSource module) {
    String difference = call("torch.sub", to("x", FLOAT32), to("y", FLOAT32));
    List<String> largest =
        List.of(
            call("torch.reshape", call("torch.amax", call("torch.abs", difference)), "[1]"),
            call("torch.reshape", call("torch.amax", call("torch.abs", to("y", FLOAT32))), "[1]"));
    module.method(DIFFERENCE, "x: Tensor, y: Tensor", call("torch.cat", largest));
  }

  /** Returns the kernels' name for an element type of {@code ScriptText}. */
  private static ElementType type(int elementType) {
    return elementType == FLOAT32
        ? ElementType.FLOAT32
        : elementType == FLOAT16 ? ElementType.FLOAT16 : ElementType.BFLOAT16;
  }
}
