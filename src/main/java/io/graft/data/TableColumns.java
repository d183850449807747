package io.graft.data;

import io.graft.runtime.BadDataException;
import io.graft.runtime.Suggestions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * The columns of a table by position, from 0.
 *
 * @param count the number of columns; columns without a name at the end do not count
 * @param image the column of paths
 * @param label the column of labels
 * @param multiLabel whether that column has any number of labels
 * @param split the column of uses, if the format names one
 * @param group the column of groups, if the format names one
 */
record TableColumns(
    int count,
    int image,
    int label,
    boolean multiLabel,
    Optional<Integer> split,
    Optional<Integer> group) {

  private static final String LABEL = "label";
  private static final String LABELS = "labels";

  /** A header that is searched for columns. */
  private record Header(Path table, List<String> names, long line, char delimiter) {}

  /**
   * Finds the columns of a format in a header.
   *
   * @param line the line of the header, for messages
   */
  static TableColumns find(
      Path table, List<String> fields, long line, char delimiter, TableFormat format) {
    List<String> names = new ArrayList<>(fields.stream().map(TableFormat::trimmed).toList());
    while (!names.isEmpty() && names.get(names.size() - 1).isEmpty()) {
      names.remove(names.size() - 1);
    }
    Header header = new Header(table, names, line, delimiter);
    int image = require(header, format.imageColumn(), "image-column");
    boolean multiLabel = format.labelsColumn().isPresent();
    int label;
    if (multiLabel) {
      label = require(header, format.labelsColumn().get(), "labels-column");
    } else if (format.labelColumn().isPresent()) {
      label = require(header, format.labelColumn().get(), "label-column");
    } else {
      multiLabel = onlyLabels(header);
      label =
          multiLabel
              ? require(header, LABELS, "labels-column")
              : require(header, LABEL, "label-column");
    }
    Optional<Integer> split =
        format.splitColumn().map(name -> require(header, name, "split-column"));
    Optional<Integer> group =
        format.groupColumn().map(name -> require(header, name, "group-column"));
    return new TableColumns(names.size(), image, label, multiLabel, split, group);
  }

  /** Returns whether a header has the column of several labels, but not that of one. */
  private static boolean onlyLabels(Header header) {
    return !header.names.contains(LABEL)
        && (header.names.contains(LABELS)
            || (positions(header, LABEL).isEmpty() && !positions(header, LABELS).isEmpty()));
  }

  private static int require(Header header, String name, String setting) {
    List<Integer> found = positions(header, name);
    if (found.size() == 1) {
      return found.get(0);
    }
    if (found.isEmpty()) {
      otherDelimiter(header, name)
          .ifPresent(
              other -> {
                throw new BadDataException(
                    ("The table %s has no column '%s' in its header (line %s): received %s. It has"
                            + " one if the delimiter is %s, not %s. Set the delimiter.")
                        .formatted(
                            header.table,
                            name,
                            header.line,
                            shown(header),
                            TableFormat.shown(other),
                            TableFormat.shown(header.delimiter)),
                    "delimiter");
              });
    }
    throw new BadDataException(
        ("The table %s has %s '%s' in its header (line %s): received %s%s Expected a header such as"
                + " path,label (or path,labels for multi-label images), with each of them once, in"
                + " any order, as the first line. Correct the header, or name the columns.")
            .formatted(
                header.table,
                found.isEmpty() ? "no column" : "two columns",
                name,
                header.line,
                shown(header),
                found.isEmpty() ? Suggestions.didYouMean(name, header.names) : "."),
        setting);
  }

  /** Returns the columns of a name, or else those of that name in upper or lower case. */
  private static List<Integer> positions(Header header, String name) {
    List<Integer> exact =
        IntStream.range(0, header.names.size())
            .filter(i -> header.names.get(i).equals(name))
            .boxed()
            .toList();
    return exact.isEmpty()
        ? IntStream.range(0, header.names.size())
            .filter(i -> header.names.get(i).equalsIgnoreCase(name))
            .boxed()
            .toList()
        : exact;
  }

  /** Returns the delimiter with which the header would have the column. */
  private static Optional<Character> otherDelimiter(Header header, String name) {
    String text = shown(header);
    return TableFormat.DELIMITERS.stream()
        .filter(other -> other != header.delimiter)
        .filter(
            other ->
                Arrays.stream(text.split(Pattern.quote(other.toString()), -1))
                    .map(field -> TableFormat.trimmed(field.replace("\"", "")))
                    .anyMatch(name::equalsIgnoreCase))
        .filter(other -> text.indexOf(other) >= 0)
        .findFirst();
  }

  private static String shown(Header header) {
    return String.join(String.valueOf(header.delimiter), header.names);
  }
}
