package io.graft.cli.options;

import io.graft.data.OnBadImage;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** The option for what a command does with images that it cannot decode. */
public final class BadImageOption {

  @Option(
      names = "--on-bad-image",
      paramLabel = "skip|fail",
      defaultValue = "skip",
      converter = Converter.class,
      description =
          "What to do about an image that cannot be decoded: report it and continue (skip), or stop"
              + " (fail); ${DEFAULT-VALUE} if absent.")
  public OnBadImage onBadImage;

  /** Reads the option. An error message lists the values as people type them. */
  static final class Converter implements CommandLine.ITypeConverter<OnBadImage> {
    @Override
    public OnBadImage convert(String text) {
      return switch (text) {
        case "skip" -> OnBadImage.SKIP;
        case "fail" -> OnBadImage.FAIL;
        default ->
            throw new CommandLine.TypeConversionException(
                "'" + text + "' is neither skip nor fail");
      };
    }
  }
}
