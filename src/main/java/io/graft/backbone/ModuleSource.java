package io.graft.backbone;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.graft.tensors.TensorSource;
import io.graft.torchscript.ParameterArrays;
import io.graft.torchscript.ScriptText;
import io.graft.torchscript.TorchScriptModule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes the TorchScript module of frozen layers, and loads it.
 *
 * <p>The text of the module has a method for each step with parameters. It takes the step's
 * original float32 parameters and keeps them in the form that the module computes with: rounded,
 * quantized, or in the blocked layout of the CPU's convolutions. The originals of a step are freed
 * as soon as they are converted. So memory holds all parameters only once, except those of one
 * step, which it holds twice.
 */
final class ModuleSource {

  /** The attributes that hold one tensor for each step with parameters, in order. */
  static final String WEIGHTS = "weights";

  static final String BIASES = "biases";

  private static final String CLASS = "FrozenLayers";

  /**
   * Packs the features, rounded to the element type of the rows, and their largest magnitude into
   * one array in host memory. One array needs one copy, so a batch waits for the GPU only once. The
   * copy is synchronous, because freeing pinned memory during a copy aborts the process if the GPU
   * fails.
   */
  private static final String ROWS =
      """
          return (self).packed((self).forward(x), dtype)
      """;

  private static final String PACKED =
      """
          largest = torch.reshape(torch.amax(torch.abs(y)), [1])
          packed = torch.to(torch.cat([torch.flatten(y), largest]), dtype)
          host = torch.empty([torch.numel(packed)], dtype=dtype, layout=None, device=torch.device("cpu"), pin_memory=ops.prim.is_cuda(packed))
          return torch.copy_(host, packed)
      """;

  private final TensorSource parameters;

  /** The number of tensors in each attribute. */
  private final Map<String, Integer> attributes = new LinkedHashMap<>();

  /** What the methods that keep parameters take, and the lines of the one in progress. */
  private final List<List<Original>> originals = new ArrayList<>(List.of(new ArrayList<>()));

  private final StringBuilder keep = new StringBuilder();
  private final StringBuilder forward = new StringBuilder();
  private final StringBuilder largest = new StringBuilder();
  private final StringBuilder methods = new StringBuilder();
  private boolean observed;

  /** The steps that a kernel can replace, and the lines of {@code forward} since the last one. */
  private final List<KernelStep> kernels = new ArrayList<>();

  private StringBuilder sinceKernel = new StringBuilder();

  /** The lines that the current kernel can replace; null outside of such lines. */
  private StringBuilder replaceable;

  /** An original float32 parameter or constant, which is made for one call. */
  private interface Original {
    NDArray read(NDManager manager);
  }

  ModuleSource(TensorSource parameters) {
    this.parameters = new FiniteTensors(parameters);
  }

  /** Returns the expression for a parameter, for {@link #keep}. */
  String parameter(String name, Shape shape) {
    return original(manager -> ParameterArrays.read(manager, parameters, name, shape));
  }

  /** Returns the expression for the given values, for {@link #keep}. */
  String values(Shape shape, List<Float> values) {
    float[] array = new float[values.size()];
    for (int i = 0; i < array.length; i++) {
      array[i] = values.get(i);
    }
    return original(
        manager -> {
          // An array of Java's memory would be freed while the module keeps it.
          try (NDArray javas = manager.create(array, shape)) {
            return javas.duplicate();
          }
        });
  }

  private String original(Original original) {
    List<Original> last = originals.get(originals.size() - 1);
    last.add(original);
    return "(p)[" + (last.size() - 1) + "]";
  }

  /**
   * Appends a tensor to an attribute that is a list.
   *
   * @param expression the expression for the tensor, evaluated once, after the expressions of
   *     earlier calls
   * @return the expression for the kept tensor in the module's methods
   */
  String keep(String attribute, String expression) {
    keep.append("    _0 = torch.append(self.%s, %s)\n".formatted(attribute, expression));
    return "(self." + attribute + ")[" + (attributes.merge(attribute, 1, Integer::sum) - 1) + "]";
  }

  /**
   * Adds a step to {@code forward}, which sets {@code x} to the expression's value. The originals
   * of earlier calls of {@link #parameter} and {@link #values} are freed at this point, so later
   * steps must not use their expressions.
   */
  void x(String expression) {
    if (!originals.get(originals.size() - 1).isEmpty()) {
      String name = keepMethod(originals.size() - 1);
      methods.append(method(name, "p: List[Tensor]", "NoneType", keep + "    return None\n"));
      keep.setLength(0);
      originals.add(new ArrayList<>());
    }
    String line = "    x = " + expression + "\n";
    forward.append(line);
    largest.append(line);
    (replaceable == null ? sinceKernel : replaceable).append(line);
  }

  /** Begins lines of {@code forward} that one of Graft's CUDA kernels can replace. */
  void beginKernel() {
    replaceable = new StringBuilder();
  }

  /**
   * Ends the lines that a kernel can replace. Adds two methods for the kernel with index i: {@code
   * before_i} computes the kernel's input from the output of the kernel before, and returns the
   * input and an empty output. {@code instead_i} computes the output without the kernel.
   */
  void endKernel(KernelStep step, int elementType) {
    int index = kernels.size();
    kernels.add(step);
    Shape output = step.output();
    List<Object> sizes = List.of("torch.size(x, 0)", output.get(1), output.get(2), output.get(0));
    String options = "dtype=%d, layout=None, device=ops.prim.device(x), pin_memory=None";
    String prepared =
        sinceKernel
            + ("    x = " + ScriptText.call("torch.contiguous", "x", step.layout()) + "\n")
            + ("    y = "
                + ScriptText.call("torch.empty", sizes, options.formatted(elementType))
                + "\n")
            + "    return [x, y]\n";
    methods.append(method("before_" + index, "x: Tensor", "List[Tensor]", prepared));
    String result = "    return torch.permute(x, [0, 2, 3, 1])\n";
    methods.append(method("instead_" + index, "x: Tensor", "Tensor", replaceable + result));
    replaceable = null;
    // A kernel's output is NHWC.
    sinceKernel = new StringBuilder("    x = torch.permute(x, [0, 3, 1, 2])\n");
  }

  /** Returns the steps that kernels can replace, in the order of {@code forward}. */
  List<KernelStep> kernels() {
    return List.copyOf(kernels);
  }

  private static String keepMethod(int index) {
    return "keep" + index;
  }

  /**
   * Adds the largest element of {@code x} to the vector that the method {@code largest} returns for
   * the same input as {@code forward}.
   */
  void observeLargest() {
    observed = true;
    largest.append("    y = torch.cat([y, torch.view(torch.amax(x), [1])])\n");
  }

  /**
   * Adds a method that returns a tensor.
   *
   * @param parameters the parameters after {@code self}, such as {@code x: Tensor, i: int}
   * @param expression the expression for the value that the method returns
   */
  void method(String name, String parameters, String expression) {
    methods.append(method(name, parameters, "Tensor", "    return " + expression + "\n"));
  }

  /**
   * Adds a method that returns a tensor.
   *
   * @param body the lines of the body, each indented by four spaces and ended with a line break
   */
  void procedure(String name, String parameters, String body) {
    methods.append(method(name, parameters, "Tensor", body));
  }

  /**
   * Loads the module with its parameters.
   *
   * @param manager the manager that owns the module and places it on its device
   */
  TorchScriptModule load(NDManager manager) {
    StringBuilder text = new StringBuilder();
    text.append(method("forward", "x: Tensor", "Tensor", forward + "    return x\n"));
    text.append(method("rows", "x: Tensor, dtype: int", "Tensor", ROWS));
    text.append(method("packed", "y: Tensor, dtype: int", "Tensor", PACKED)).append(methods);
    if (!kernels.isEmpty()) {
      text.append(method("after", "x: Tensor", "Tensor", sinceKernel + "    return x\n"));
    }
    if (observed) {
      String none = "    y = torch.zeros([0], dtype=6)\n";
      text.append(method("largest", "x: Tensor", "Tensor", none + largest + "    return y\n"));
    }
    if (!keep.isEmpty()) {
      throw new IllegalStateException("A step follows every tensor that is kept");
    }
    TorchScriptModule module =
        TorchScriptModule.of(CLASS, attributes.keySet(), text.toString(), manager);
    for (int i = 0; i < originals.size() - 1; i++) {
      try (NDManager scratch = manager.newSubManager()) {
        List<NDArray> arrays = originals.get(i).stream().map(o -> o.read(scratch)).toList();
        module.run(keepMethod(i), arrays);
      }
    }
    return module;
  }

  private static String method(String name, String parameters, String type, String body) {
    return ScriptText.method(CLASS, name, parameters, type, body);
  }
}
