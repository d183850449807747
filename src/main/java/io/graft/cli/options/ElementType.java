package io.graft.cli.options;

import io.graft.tensors.TensorType;
import picocli.CommandLine;

/** Reads an option that names the type of features, with an error in the words that people type. */
public final class ElementType implements CommandLine.ITypeConverter<TensorType> {
  @Override
  public TensorType convert(String text) {
    return switch (text) {
      case "float16" -> TensorType.F16;
      case "float32" -> TensorType.F32;
      default ->
          throw new CommandLine.TypeConversionException(
              "'" + text + "' is neither float16 nor float32");
    };
  }
}
