package io.graft.cli.options.data;

import io.graft.data.OnBadImage;
import io.graft.image.codec.ImageDecoder;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** The options for what a command does with images that it cannot decode. */
public final class BadImageOption {

  /** The treatment, with the largest image that is decoded. */
  public OnBadImage onBadImage = OnBadImage.SKIP;

  @Option(
      names = "--on-bad-image",
      paramLabel = "skip|fail",
      defaultValue = "skip",
      converter = Converter.class,
      description =
          "What to do about an image that cannot be decoded: report it and continue (skip), or stop"
              + " (fail; predict finishes first); ${DEFAULT-VALUE} if absent.")
  void setOnBadImage(OnBadImage treatment) {
    onBadImage = treatment.withMaxPixels(onBadImage.maxPixels());
  }

  @Option(
      names = "--max-pixels",
      paramLabel = "N",
      defaultValue = "" + ImageDecoder.MAX_PIXELS,
      converter = PixelsConverter.class,
      description =
          "The most pixels of an image; a larger one counts as one that cannot be decoded."
              + " ${DEFAULT-VALUE} if absent, as in Pillow.")
  void setMaxPixels(long pixels) {
    onBadImage = onBadImage.withMaxPixels(pixels);
  }

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

  /** Reads the number of pixels. */
  static final class PixelsConverter implements CommandLine.ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
      try {
        long pixels = Long.parseLong(text);
        if (pixels >= 1 && pixels <= ImageDecoder.MOST_PIXELS) {
          return pixels;
        }
      } catch (NumberFormatException e) {
        // The message below shows the text.
      }
      throw new CommandLine.TypeConversionException(
          "'%s' is not a number from 1 to %s".formatted(text, ImageDecoder.MOST_PIXELS));
    }
  }
}
