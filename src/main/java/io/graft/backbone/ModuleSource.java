package io.graft.backbone;

import ai.djl.ndarray.types.Shape;
import io.graft.tensors.TensorSource;
import io.graft.torchscript.TorchScriptArchive;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The TorchScript module of some frozen layers in the making: the text of its class and the tensors
 * in its archive.
 *
 * <p>The archive holds the parameters as they are, float32, in one list. The module makes what it
 * computes with from them once, in {@code __setstate__}: rounded, quantized, in the blocked layout
 * that the processor's convolutions want. Each step's originals are freed as soon as its own are
 * made, so that memory holds all parameters once and one step's twice.
 */
final class ModuleSource {

  /** Attributes whose tensors come from parameters, one each, in the order of the steps. */
  static final String WEIGHTS = "weights";

  static final String BIASES = "biases";

  private static final String CLASS = "FrozenLayers";

  /**
   * Activations as they are kept, end to end in host memory, and behind them their largest
   * magnitude: one copy, so that a batch waits for a GPU once. It has ended when the method does,
   * because pinned memory that is freed with a copy under way aborts the process where the GPU
   * fails.
   */
  private static final String ROWS =
      """
        def rows%s,
          x: Tensor,
          dtype: int) -> Tensor:
          y = (self).forward(x)
          largest = torch.reshape(torch.amax(torch.abs(y)), [1])
          packed = torch.to(torch.cat([torch.flatten(y), largest]), dtype)
          host = torch.empty([torch.numel(packed)], dtype=dtype, layout=None, device=torch.device("cpu"), pin_memory=ops.prim.is_cuda(packed))
          return torch.copy_(host, packed)
      """;

  private final TorchScriptArchive archive;
  private final TensorSource parameters;
  private final List<TorchScriptArchive.Tensor> stored = new ArrayList<>();

  /** How many tensors each attribute holds. */
  private final Map<String, Integer> attributes = new LinkedHashMap<>();

  private final StringBuilder setState = new StringBuilder();
  private int freed;
  private final StringBuilder forward = new StringBuilder();
  private final StringBuilder largest = new StringBuilder();
  private final StringBuilder methods = new StringBuilder();
  private boolean observed;

  ModuleSource(TorchScriptArchive archive, TensorSource parameters) {
    this.archive = archive;
    this.parameters = parameters;
  }

  /** Puts a parameter into the archive; the expression for it while the module is made. */
  String parameter(String name, Shape shape) throws IOException {
    return stored(archive.add(parameters, name, shape));
  }

  /** Puts values into the archive; the expression for them while the module is made. */
  String values(Shape shape, List<Float> values) throws IOException {
    return stored(archive.add(shape, values));
  }

  private String stored(TorchScriptArchive.Tensor tensor) {
    stored.add(tensor);
    return "((state)[0])[" + (stored.size() - 1) + "]";
  }

  /**
   * Keeps a tensor in an attribute that is a list.
   *
   * @param expression what makes it, evaluated once, behind those of earlier calls
   * @return the expression for it ever after
   */
  String keep(String attribute, String expression) {
    setState.append("    _0 = torch.append(self.%s, %s)\n".formatted(attribute, expression));
    return "(self." + attribute + ")[" + (attributes.merge(attribute, 1, Integer::sum) - 1) + "]";
  }

  /**
   * Adds a step to {@code forward}: the variable {@code x} becomes the expression's value. What was
   * put into the archive before is not to be used in later ones.
   */
  void x(String expression) {
    for (; freed < stored.size(); freed++) {
      setState.append("    _1 = torch._set_item((state)[0], " + freed + ", torch.zeros([0]))\n");
    }
    String line = "    x = " + expression + "\n";
    forward.append(line);
    largest.append(line);
  }

  /**
   * Adds the largest element of {@code x} to what the method {@code largest} gives for the same
   * input as {@code forward}: a vector of all elements added so.
   */
  void observeLargest() {
    observed = true;
    largest.append("    y = torch.cat([y, torch.view(torch.amax(x), [1])])\n");
  }

  /**
   * Adds a method.
   *
   * @param signature its name and parameters, {@code name(self: %s, x: Tensor)}, where the class
   *     goes
   * @param expression its value, a tensor
   */
  void method(String signature, String expression) {
    methods
        .append("  def ")
        .append(signature.formatted("__torch__." + CLASS))
        .append(" -> Tensor:\n    return ")
        .append(expression)
        .append('\n');
  }

  /** Completes the archive. */
  void finish() throws IOException {
    archive.finish(CLASS, text(), List.of(stored, false));
  }

  private String text() {
    StringBuilder text = new StringBuilder("class " + CLASS + "(Module):\n");
    text.append("  __parameters__ = []\n  __buffers__ = []\n  training : bool\n");
    attributes.keySet().forEach(name -> text.append("  ").append(name).append(" : List[Tensor]\n"));
    String self = "(self: __torch__." + CLASS;
    text.append("  def forward").append(self).append(",\n    x: Tensor) -> Tensor:\n");
    text.append(forward).append("    return x\n").append(ROWS.formatted(self)).append(methods);
    if (observed) {
      text.append("  def largest").append(self).append(",\n    x: Tensor) -> Tensor:\n");
      text.append("    y = torch.zeros([0], dtype=6)\n").append(largest);
      text.append("    return y\n");
    }
    // libtorch takes a class with __setstate__ only if it has the counterpart.
    text.append("  def __getstate__").append(self).append(") -> Tuple[List[Tensor], bool]:\n");
    text.append("    ops.prim.RaiseException(\"packed weights are not saved again\")\n");
    text.append("    return (annotate(List[Tensor], []), self.training)\n");
    text.append("  def __setstate__").append(self);
    text.append(",\n    state: Tuple[List[Tensor], bool]) -> NoneType:\n");
    attributes
        .keySet()
        .forEach(
            name ->
                text.append("    self.").append(name).append(" = annotate(List[Tensor], [])\n"));
    text.append(setState);
    return text.append("    self.training = (state)[1]\n    return None\n").toString();
  }
}
