package io.graft.cli.options;

import io.graft.data.OnBadImage;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** What a command does about images that cannot be decoded. */
public final class BadImageOption {

  @Option(
      names = "--on-bad-image",
      paramLabel = "skip|fail",
      defaultValue = "skip",
      converter = Converter.class,
      description =
          "What to do about an image that cannot be decoded: name it and go on (the default), or"
              + " stop.")
  public OnBadImage onBadImage;

  /** Reads the option, with an error in the words that people type. */
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
