package io.graft.cli.options.data;

import io.graft.data.TableFormat;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** The options for how a table of images is written. */
public final class TableOptions {

  @Option(
      names = "--image-column",
      paramLabel = "NAME",
      description = "In a table: the column with the path of each image; path if absent.")
  private String imageColumn;

  @Option(
      names = "--label-column",
      paramLabel = "NAME",
      description =
          "In a table: the column with the one label of each image; label if absent, or else labels"
              + " as --labels-column.")
  private String labelColumn;

  @Option(
      names = "--labels-column",
      paramLabel = "NAME",
      description =
          "In a table of multi-label images, instead of --label-column: the column with any number"
              + " of labels, with | between them.")
  private String labelsColumn;

  @Option(
      names = "--delimiter",
      paramLabel = "CHAR",
      converter = DelimiterConverter.class,
      description =
          "In a table: the character between two fields, one of , ; | and \\t (or tab); a comma if"
              + " absent, unless the first line is such as sep=;")
  private Character delimiter;

  @Option(
      names = "--image-root",
      paramLabel = "DIR",
      description =
          "The folder where relative paths of a table start; the folder of the table if absent.")
  private Path imageRoot;

  /**
   * Returns the format of the images of a command.
   *
   * @param source the folder or table to open
   * @param other the other images of the command, which may be the table that the options are for
   */
  public TableFormat format(Path source, Optional<Path> other) {
    boolean forOther =
        Files.isDirectory(source) && other.filter(path -> !Files.isDirectory(path)).isPresent();
    return forOther
        ? TableFormat.defaults()
        : new TableFormat(
            imageColumn == null ? TableFormat.defaults().imageColumn() : imageColumn,
            Optional.ofNullable(labelColumn),
            Optional.ofNullable(labelsColumn),
            Optional.ofNullable(delimiter),
            Optional.ofNullable(imageRoot),
            Optional.empty(),
            Optional.empty());
  }

  /** Returns the format of the only images of a command. */
  public TableFormat format(Path source) {
    return format(source, Optional.empty());
  }

  /** Reads a delimiter. A shell passes a tab most easily by its name. */
  static final class DelimiterConverter implements CommandLine.ITypeConverter<Character> {
    @Override
    public Character convert(String text) {
      if (text.equals("\\t") || text.equals("tab")) {
        return '\t';
      } else if (text.length() == 1) {
        return text.charAt(0);
      }
      throw new CommandLine.TypeConversionException(
          "'" + text + "' is not a delimiter: expected one of , ; | and \\t (or tab)");
    }
  }
}
