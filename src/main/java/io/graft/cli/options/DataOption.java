package io.graft.cli.options;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The labelled images of a command. */
public final class DataOption {

  @Option(
      names = "--data",
      paramLabel = "DIR|CSV",
      required = true,
      description =
          "The labelled images: a folder with one sub-folder per class, or a table with the columns"
              + " path,label or path,labels.")
  public Path path;
}
