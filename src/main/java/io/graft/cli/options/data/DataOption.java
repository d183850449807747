package io.graft.cli.options.data;

import io.graft.cli.report.Console;
import io.graft.data.ListingOptions;
import io.graft.data.TableFormat;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** The labelled images of a command. */
public final class DataOption {

  @Option(
      names = "--data",
      paramLabel = "DIR|CSV",
      required = true,
      description =
          "The labelled images: a folder with one sub-folder per class, a .zip or .tar.gz of one,"
              + " or a table with the columns path,label or path,labels.")
  public Path path;

  @Option(
      names = "--ignore",
      paramLabel = "GLOB",
      description =
          "Pass over the files and folders of the images that match this pattern, such as thumbs,"
              + " *_small.jpg or rose/old/*; may be repeated.")
  private List<String> ignore = List.of();

  /** Unpacks an archive of images, and takes its folder instead. */
  public void unpack(Console console) {
    path = ArchiveFolder.of(path, console);
  }

  /** Returns how to list the images, or the validation images, of the command. */
  public ListingOptions listing(TableFormat table) {
    return new ListingOptions(table, ignore);
  }
}
