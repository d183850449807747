package io.graft.cli.options.data;

import io.graft.data.DataParts;
import io.graft.data.LabeledImages;
import io.graft.data.ListingOptions;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The option that takes the folders of parts, such as train and val, as classes. */
public final class SplitFoldersOption {

  @Option(
      names = "--no-split-folders",
      description =
          "Take each sub-folder of --data as a class, even if they are named train, val and test.")
  private boolean off;

  /** Tells whether the option was given. */
  boolean off() {
    return off;
  }

  /** Lists a folder or table; an error if the folder is divided into parts. */
  public LabeledImages openWhole(Path folderOrTable, ListingOptions options) {
    return off
        ? LabeledImages.openClasses(folderOrTable, options)
        : LabeledImages.open(folderOrTable, options);
  }

  /** Lists a folder or table, or the parts that the folder is divided into. */
  DataParts openParts(Path folderOrTable, ListingOptions options) {
    return off
        ? DataParts.of(openWhole(folderOrTable, options))
        : DataParts.open(folderOrTable, options);
  }
}
