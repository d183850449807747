package io.graft.cli.options;

import io.graft.recipe.LearningRate;
import io.graft.runtime.InvalidOptionException;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options for the number of epochs and the learning rate. */
public final class EpochOptions {

  private static final int DEFAULT_EPOCHS = 10;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "How often to train on all training images; 10 if absent, 30 in pretrain.")
  private Integer epochs;

  @Option(
      names = {"--learning-rate", "--lr"},
      paramLabel = "RATE|auto",
      defaultValue = "0.001",
      converter = RateConverter.class,
      description =
          "The optimizer's step size; ${DEFAULT-VALUE} if absent. auto tries 1e-5, 3e-5, ... 0.1 on"
              + " four fifths of the training images and takes the best on the other fifth. Not in"
              + " pretrain.")
  private LearningRate learningRate;

  /** Tells whether a number of epochs was given. */
  boolean given() {
    return epochs != null;
  }

  /** Returns the number of epochs. The caller must check its range. */
  public int epochs() {
    return epochs == null ? DEFAULT_EPOCHS : epochs;
  }

  /** Returns the learning rate, which is a given number or the request to search for one. */
  public LearningRate learningRate() {
    return learningRate;
  }

  /** Reads a learning rate: a number, or {@code auto} to search for one. */
  static final class RateConverter implements ITypeConverter<LearningRate> {
    @Override
    public LearningRate convert(String text) {
      if (text.equals("auto")) {
        return new LearningRate.Searched();
      }
      try {
        return new LearningRate.Fixed(Double.parseDouble(text));
      } catch (NumberFormatException e) {
        throw new TypeConversionException(
            "'" + text + "' is neither a number, such as 0.001, nor auto");
      } catch (InvalidOptionException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
