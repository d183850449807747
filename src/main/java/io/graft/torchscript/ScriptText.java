package io.graft.torchscript;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Writes pieces of TorchScript source text, as libtorch reads it from an archive. */
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
   * Writes a call: {@code torch.add_(x, 0.5)}.
   *
   * @param arguments expressions and numbers
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

  /** Writes a list of two equal numbers: {@code [3, 3]}. */
  public static String pair(int value) {
    return "[" + value + ", " + value + "]";
  }

  /** Writes a finite number: {@code 1.0e-5}. */
  public static String number(double value) {
    return Double.toString(value).toLowerCase(Locale.ROOT);
  }

  /**
   * Writes a method of a class.
   *
   * @param parameters those after {@code self}: {@code x: Tensor, i: int}
   * @param type of the result
   * @param body lines that are indented by four spaces and end with a line break
   */
  public static String method(
      String className, String name, String parameters, String type, String body) {
    String all = "self: __torch__." + className + (parameters.isEmpty() ? "" : ", " + parameters);
    return "  def " + name + "(" + all + ") -> " + type + ":\n" + body;
  }

  /** Writes a class without tensors, whose state is one boolean, with the given methods. */
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
