package io.graft.cli;

import io.graft.data.OnBadImage;
import picocli.CommandLine.Option;

/** What a command does about images that cannot be decoded. */
final class BadImageOption {

  @Option(
      names = "--on-bad-image",
      paramLabel = "skip|fail",
      defaultValue = "skip",
      description =
          "What to do about an image that cannot be decoded: name it and go on (the default), or"
              + " stop.")
  OnBadImage onBadImage;
}
