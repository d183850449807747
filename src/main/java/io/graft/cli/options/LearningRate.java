package io.graft.cli.options;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * The option for the learning rate: a number, or {@code auto}.
 *
 * @param searched whether it is {@code auto}
 * @param value that was given, or what a search starts without
 */
record LearningRate(boolean searched, double value) {

  private static final double DEFAULT = 0.001;

  /** Reads the option. */
  static final class Converter implements ITypeConverter<LearningRate> {
    @Override
    public LearningRate convert(String text) {
      if (text.equals("auto")) {
        return new LearningRate(true, DEFAULT);
      }
      try {
        return new LearningRate(false, Double.parseDouble(text));
      } catch (NumberFormatException e) {
        throw new TypeConversionException(
            "'" + text + "' is not a number such as 0.001, and not auto");
      }
    }
  }
}
