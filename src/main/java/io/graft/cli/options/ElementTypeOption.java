package io.graft.cli.options;

import io.graft.tensors.TensorType;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** The option for the element type of the numbers that a command stores. */
public final class ElementTypeOption {

  @Option(
      names = "--dtype",
      paramLabel = "float16|float32",
      defaultValue = "float16",
      converter = Converter.class,
      description =
          "Element type of the stored features, or in pretrain of the weights in the file;"
              + " ${DEFAULT-VALUE} if absent.")
  public TensorType type;

  /** Reads the option. An error message lists the values as people type them. */
  static final class Converter implements CommandLine.ITypeConverter<TensorType> {
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
}
