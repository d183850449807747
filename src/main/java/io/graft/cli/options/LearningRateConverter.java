package io.graft.cli.options;

import io.graft.recipe.LearningRate;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a learning rate: a number, or {@code auto} for one that is searched for. */
final class LearningRateConverter implements ITypeConverter<LearningRate> {

  @Override
  public LearningRate convert(String text) {
    if (text.equals("auto")) {
      return new LearningRate.Searched();
    }
    try {
      return new LearningRate.Fixed(Double.parseDouble(text));
    } catch (NumberFormatException e) {
      throw new TypeConversionException(
          "'" + text + "' is not a number such as 0.001, and not auto");
    }
  }
}
