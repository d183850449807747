package io.graft.cli.options.data;

import io.graft.data.LabeledImages;
import io.graft.data.TableFormat;
import io.graft.runtime.BadDataException;
import io.graft.runtime.InvalidOptionException;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options for the part of a table to use, for commands that use one part. */
public final class PartOptions {

  private static final String DEFAULT = "test";

  @Mixin private SplitColumnOption split;

  @Option(
      names = "--part",
      paramLabel = "train|validation|test",
      description = "With --split-column: the rows to use; test if absent.")
  private String part;

  /** Returns the format of the table. */
  public TableFormat format(TableFormat format) {
    if (part != null && split.column == null) {
      throw new InvalidOptionException(
          "--part names rows of --split-column, which is absent. Name the column, or remove"
              + " --part.");
    } else if (part != null && !List.of("train", "validation", DEFAULT).contains(part)) {
      throw new InvalidOptionException(
          "--part is '" + part + "': expected train, validation or test.");
    }
    return split.column == null ? format : format.withSplitColumn(split.column);
  }

  /** Checks that no part is named, because these images have none. */
  public void requireNone() {
    if (split.column != null) {
      throw new InvalidOptionException(
          "--split-column names parts of labelled images: received images without labels. Remove"
              + " --split-column, or --no-labels.");
    }
  }

  /** Returns the images of the part; all if no column was named. */
  public LabeledImages of(LabeledImages images) {
    if (split.column == null) {
      return images;
    }
    Optional<String> wanted = Optional.of(part == null ? DEFAULT : part);
    LabeledImages chosen =
        images.only(
            images.images().stream().filter(image -> images.partOf(image).equals(wanted)).toList());
    if (chosen.images().isEmpty()) {
      throw new BadDataException(
          "No images of the part '%s' in the column '%s' of %s. Expected at least one. Name another --part."
              .formatted(wanted.get(), split.column, images.source()));
    }
    return chosen;
  }
}
