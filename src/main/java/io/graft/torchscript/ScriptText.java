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

  /**
   * Writes a class. Its state in an archive is one boolean.
   *
   * @param lists the names of attributes that are lists of tensors, empty at first
   * @param methods the methods, as {@link #method} writes them
   */
  static String moduleClass(String className, Iterable<String> lists, String methods) {
    StringBuilder text = new StringBuilder("class " + className + "(Module):\n");
    text.append("  __parameters__ = []\n  __buffers__ = []\n  training : bool\n");
    StringBuilder empty = new StringBuilder();
    for (String name : lists) {
      text.append("  ").append(name).append(" : List[Tensor]\n");
      empty.append("    self.").append(name).append(" = annotate(List[Tensor], [])\n");
    }
    String end = "    self.training = (state)[0]\n    return None\n";
    return text.append(
            method(className, "__setstate__", "state: Tuple[bool]", "NoneType", empty + end))
        // libtorch accepts __setstate__ only together with __getstate__.
        .append(
            method(className, "__getstate__", "", "Tuple[bool]", "    return (self.training,)\n"))
        .append(methods)
        .toString();
  }
}
