package io.graft.data;

import io.graft.runtime.InvalidOptionException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How a CSV table of images is written: the names of its columns, the character between two fields,
 * and the folder of its images. Names of columns are matched exactly, or else without regard to
 * case.
 *
 * @param imageColumn the column with the path of each image
 * @param labelColumn the column with the one label of each image; empty for the column {@code
 *     label}, or else {@code labels}
 * @param labelsColumn for multi-label images: the column with any number of labels, separated by
 *     {@code |}
 * @param delimiter the character between two fields: a comma, a semicolon, a tab or {@code |};
 *     empty for that of a first line such as {@code sep=;}, or else a comma
 * @param imageRoot the folder where relative paths start; empty for the folder of the table
 * @param splitColumn the column with the use of each image: {@code train}, {@code validation} or
 *     {@code test}, or a synonym; see {@link DataParts#open(Path, TableFormat)}
 * @param groupColumn the column with the group of each image, such as a patient or a place; a split
 *     keeps the images of a group together
 */
public record TableFormat(
    String imageColumn,
    Optional<String> labelColumn,
    Optional<String> labelsColumn,
    Optional<Character> delimiter,
    Optional<Path> imageRoot,
    Optional<String> splitColumn,
    Optional<String> groupColumn) {

  /** The characters that may separate two fields. */
  static final List<Character> DELIMITERS = List.of(',', ';', '\t', '|');

  private static final TableFormat DEFAULTS =
      new TableFormat(
          "path",
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());

  /** Trims the names and checks that they are distinct. */
  public TableFormat {
    imageColumn = name(imageColumn, "image-column");
    labelColumn = labelColumn.map(given -> name(given, "label-column"));
    labelsColumn = labelsColumn.map(given -> name(given, "labels-column"));
    splitColumn = splitColumn.map(given -> name(given, "split-column"));
    groupColumn = groupColumn.map(given -> name(given, "group-column"));
    Objects.requireNonNull(imageRoot, "imageRoot");
    if (labelColumn.isPresent() && labelsColumn.isPresent()) {
      throw new InvalidOptionException(
          "Both '%s' and '%s' are named as the column of labels. Expected one column. Name the label column if each image has one label, or the labels column if it may have several."
              .formatted(labelColumn.get(), labelsColumn.get()),
          "label-column",
          "labels-column");
    }
    delimiter.ifPresent(TableFormat::requireDelimiter);
    HashSet<String> seen = new HashSet<>();
    Stream.of(Optional.of(imageColumn), labelColumn, labelsColumn, splitColumn, groupColumn)
        .flatMap(Optional::stream)
        .filter(given -> !seen.add(given))
        .findFirst()
        .ifPresent(
            twice -> {
              throw new InvalidOptionException(
                  "The column '%s' is named for two purposes. Expected another column for each."
                      .formatted(twice),
                  "image-column",
                  "label-column",
                  "labels-column",
                  "split-column",
                  "group-column");
            });
  }

  /** Returns the format of a table with the columns {@code path,label} or {@code path,labels}. */
  public static TableFormat defaults() {
    return DEFAULTS;
  }

  /** Returns a copy with another column of paths. */
  public TableFormat withImageColumn(String name) {
    return new TableFormat(
        name, labelColumn, labelsColumn, delimiter, imageRoot, splitColumn, groupColumn);
  }

  /** Returns a copy that reads one label per image, from the column of this name. */
  public TableFormat withLabelColumn(String name) {
    return new TableFormat(
        imageColumn,
        Optional.of(name),
        Optional.empty(),
        delimiter,
        imageRoot,
        splitColumn,
        groupColumn);
  }

  /** Returns a copy that reads any number of labels per image, from the column of this name. */
  public TableFormat withLabelsColumn(String name) {
    return new TableFormat(
        imageColumn,
        Optional.empty(),
        Optional.of(name),
        delimiter,
        imageRoot,
        splitColumn,
        groupColumn);
  }

  /** Returns a copy with another character between two fields. */
  public TableFormat withDelimiter(char character) {
    return new TableFormat(
        imageColumn,
        labelColumn,
        labelsColumn,
        Optional.of(character),
        imageRoot,
        splitColumn,
        groupColumn);
  }

  /** Returns a copy whose relative paths start at this folder. */
  public TableFormat withImageRoot(Path folder) {
    return new TableFormat(
        imageColumn,
        labelColumn,
        labelsColumn,
        delimiter,
        Optional.of(folder),
        splitColumn,
        groupColumn);
  }

  /** Returns a copy that reads the use of each image from the column of this name. */
  public TableFormat withSplitColumn(String name) {
    return new TableFormat(
        imageColumn,
        labelColumn,
        labelsColumn,
        delimiter,
        imageRoot,
        Optional.of(name),
        groupColumn);
  }

  /** Returns a copy that reads the group of each image from the column of this name. */
  public TableFormat withGroupColumn(String name) {
    return new TableFormat(
        imageColumn,
        labelColumn,
        labelsColumn,
        delimiter,
        imageRoot,
        splitColumn,
        Optional.of(name));
  }

  /** Checks that nothing is set that a folder of images does not have. */
  void requireDefault(Path folder) {
    String[] settings = settings();
    if (settings.length > 0) {
      throw new InvalidOptionException(
          ("%s is a folder, but the format of a table is given: %s. Expected a CSV table, or no"
                  + " such setting.")
              .formatted(folder, String.join(", ", settings)),
          settings);
    }
  }

  private String[] settings() {
    List<String> differing = new ArrayList<>();
    if (!imageColumn.equals(DEFAULTS.imageColumn)) {
      differing.add("image-column");
    }
    labelColumn.ifPresent(given -> differing.add("label-column"));
    labelsColumn.ifPresent(given -> differing.add("labels-column"));
    delimiter.ifPresent(given -> differing.add("delimiter"));
    imageRoot.ifPresent(given -> differing.add("image-root"));
    splitColumn.ifPresent(given -> differing.add("split-column"));
    groupColumn.ifPresent(given -> differing.add("group-column"));
    return differing.toArray(String[]::new);
  }

  /** Returns the name of a delimiter for a message. */
  static String shown(char delimiter) {
    return delimiter == '\t' ? "\\t" : String.valueOf(delimiter);
  }

  /** Returns a text without spaces at its ends, no-break spaces included. */
  static String trimmed(String text) {
    int start = 0;
    int end = text.length();
    while (start < end && isSpace(text.charAt(start))) {
      start++;
    }
    while (start < end && isSpace(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(start, end);
  }

  private static boolean isSpace(char character) {
    return Character.isWhitespace(character) || Character.isSpaceChar(character);
  }

  private static String name(String given, String setting) {
    String name = trimmed(given);
    if (name.isEmpty()) {
      throw new InvalidOptionException(
          "The name of a column is empty. Expected a name in the header of the table.", setting);
    }
    return name;
  }

  private static void requireDelimiter(char delimiter) {
    if (!DELIMITERS.contains(delimiter)) {
      throw new InvalidOptionException(
          "The delimiter is '%s'. Expected a comma, a semicolon, a tab or |.".formatted(delimiter),
          "delimiter");
    }
  }
}
