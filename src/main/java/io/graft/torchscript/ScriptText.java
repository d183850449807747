package io.graft.torchscript;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Writes pieces of TorchScript source text in the form that libtorch reads from an archive. */
public final class ScriptText {

  // PyTorch's numbers for element types, from c10/core/ScalarType.h.
  public static final int UINT8 = 0;
  public static final int INT8 = 1;
  public static final int INT32 = 3;
  public static final int FLOAT16 = 5;
  public static final int FLOAT32 = 6;
  public static final int BFLOAT16 = 15;

  /** An empty list of optional numbers. */
  public static final String NO_SCALARS = "annotate(List[Optional[number]], [])";

  private ScriptText() {}

  /**
   * Writes a call, such as {@code torch.add_(x, 0.5)}.
   *
   * @param arguments the arguments, each an expression or a number
   */
  public static String call(String function, Object... arguments) {
    return Arrays.stream(arguments)
        .map(argument -> argument instanceof Double number ? number(number) : argument.toString())
        .collect(Collectors.joining(", ", function + "(", ")"));
  }

  /** Writes the conversion of a tensor to an element type. */
  public static String to(String tensor, int elementType) {
    return call("torch.to", tensor, elementType);
  }

  /** Writes a list of two equal numbers, such as {@code [3, 3]}. */
  public static String pair(int value) {
    return "[" + value + ", " + value + "]";
  }

  /** Writes a finite number, such as {@code 1.0e-5}. */
  public static String number(double value) {
    return Double.toString(value).toLowerCase(Locale.ROOT);
  }

  /**
   * Writes a method of a class.
   *
   * @param parameters the parameters after {@code self}, such as {@code x: Tensor, i: int}
   * @param type the type of the result
   * @param body the lines of the body, each indented by four spaces and ended with a line break
   */
  public static String method(
      String className, String name, String parameters, String type, String body) {
    String all = "self: __torch__." + className + (parameters.isEmpty() ? "" : ", " + parameters);
    return "  def " + name + "(" + all + ") -> " + type + ":\n" + body;
  }

  /** Writes a class that has the given methods and no tensors. Its state is one boolean. */
  static String statelessClass(String className, String methods) {
    return """
        class %s(Module):
          __parameters__ = []
          __buffers__ = []
          training : bool
        """
            .formatted(className)
        + method(
            className,
            "__setstate__",
            "state: Tuple[bool]",
            "NoneType",
            "    self.training = (state)[0]\n    return None\n")
        + method(className, "__getstate__", "", "Tuple[bool]", "    return (self.training,)\n")
        + methods;
  }
}
