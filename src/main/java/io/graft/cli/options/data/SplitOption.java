package io.graft.cli.options.data;

import io.graft.cli.report.Console;
import io.graft.data.DataParts;
import io.graft.data.ListingOptions;
import io.graft.runtime.InvalidOptionException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import picocli.CommandLine.Option;

/** The option for the share of the images that are used for validation. */
public class SplitOption {

  private final double ifAbsent;

  @Option(
      names = "--validation-split",
      paramLabel = "SHARE",
      description =
          "The share of each class to keep for validation after every epoch, drawn by seed; 0 for"
              + " none. 0.2 if absent, 0.02 in pretrain.")
  private Double share;

  /** Creates the option with its value if it is absent. */
  public SplitOption(double ifAbsent) {
    this.ifAbsent = ifAbsent;
  }

  /** Returns the share, which is at least 0 and less than 1. */
  public double share() {
    if (share != null && !(share >= 0 && share < 1)) {
      throw new InvalidOptionException(
          "Validation split is " + share + ": expected a share from 0 to below 1, such as 0.2.");
    }
    return share == null ? ifAbsent : share;
  }

  /** Unpacks an archive of validation images, and takes its folder instead. */
  void unpack(Console console) {}

  /** Returns where the validation images are; empty if no place was named. */
  public Optional<Path> images() {
    return Optional.empty();
  }

  /** Returns whether the options choose validation images among those to train on. */
  boolean choosesOthers() {
    return share != null;
  }

  /**
   * Chooses the validation images. A share that was given takes precedence over a folder of
   * validation images.
   *
   * @param listings returns how to list the validation images
   */
  DataParts validate(DataParts parts, long seed, Function<Path, ListingOptions> listings) {
    if (share == null && parts.validation().isPresent()) {
      return parts;
    }
    return share() == 0 ? parts.withValidation(Optional.empty()) : parts.split(share(), seed);
  }
}
