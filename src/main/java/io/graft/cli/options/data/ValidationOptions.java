package io.graft.cli.options.data;

import io.graft.cli.report.Console;
import io.graft.data.DataParts;
import io.graft.data.LabeledImages;
import io.graft.data.ListingOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import picocli.CommandLine.Option;

/** The options for the source of the validation images. At most one may be given. */
public final class ValidationOptions extends SplitOption {

  @Option(
      names = {"--validation", "--val"},
      paramLabel = "DIR|CSV",
      description = "Labelled images to validate on after every epoch.")
  private Path images;

  @Option(
      names = "--folds",
      paramLabel = "K",
      description =
          "Cross-validate: train K times, each time without another K-th of every class, validate"
              + " on that, and report mean and deviation. Then train the model on all images.")
  private Integer folds;

  public ValidationOptions() {
    super(0.2);
  }

  @Override
  void unpack(Console console) {
    images = images == null ? null : ArchiveFolder.of(images, console);
  }

  @Override
  public Optional<Path> images() {
    return Optional.ofNullable(images);
  }

  /** Returns the number of folds; empty if no cross-validation was asked for. */
  public Optional<Integer> folds() {
    return Optional.ofNullable(folds);
  }

  /** Returns whether the options ask for a training without any validation images. */
  public boolean none() {
    return images == null && folds == null && share() == 0;
  }

  /** Returns whether images are those that were named, so that a folder of parts is named. */
  private boolean isNamed(LabeledImages validation) {
    try {
      return Files.isSameFile(validation.source(), images);
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  boolean choosesOthers() {
    return folds != null || super.choosesOthers();
  }

  @Override
  DataParts validate(DataParts parts, long seed, Function<Path, ListingOptions> listings) {
    if (images != null && parts.validation().filter(this::isNamed).isPresent()) {
      return parts;
    } else if (images != null) {
      LabeledImages opened =
          LabeledImages.open(images, listings.apply(images), parts.train().classes());
      return parts.withValidation(Optional.of(opened));
    }
    return folds == null
        ? super.validate(parts, seed, listings)
        : parts.withValidation(Optional.empty());
  }
}
