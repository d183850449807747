package io.graft.data;

import io.graft.runtime.BadDataException;
import io.graft.runtime.FileKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.csv.CSVException;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/** Reads the rows of a table of images. */
final class TableRows {

  /** What a message says is expected of every table. */
  private static final String EXPECTED_TABLE = "Expected a CSV file with the columns path,label.";

  private final Path table;
  private final TableFormat format;
  private final Path folder;
  private final char delimiter;
  private final Map<String, Row> rows = new LinkedHashMap<>();
  private TableColumns columns;
  private int repeated;

  /**
   * An image of a table.
   *
   * @param labels the names of its classes
   * @param group its group, if the format names a column of groups
   * @param line the number of its first line in the table, from 1
   */
  record Row(
      String relativePath, Path path, Set<String> labels, Optional<String> group, long line) {}

  /**
   * The distinct rows of a table.
   *
   * @param rows the rows, one per path, in code-point order of their relative paths
   * @param multiLabel whether an image has any number of labels
   * @param repeated the number of further rows that repeat one of {@code rows}
   */
  record Table(List<Row> rows, boolean multiLabel, int repeated) {}

  private TableRows(Path table, TableFormat format, Optional<Character> separator) {
    this.table = table;
    this.format = format;
    this.folder = folderOf(table, format);
    this.delimiter = format.delimiter().or(() -> separator).orElse(',');
  }

  /** Returns the folder that paths in the table are relative to. */
  static Path folderOf(Path table, TableFormat format) {
    Path parent = table.getParent();
    return format.imageRoot().orElse(parent == null ? table.getFileSystem().getPath("") : parent);
  }

  static Table read(Path table, TableFormat format) {
    requireFile(table);
    requireFolder(format);
    try (TableText text = TableText.open(table)) {
      TableRows reader = new TableRows(table, format, text.separator());
      reader.read(text);
      return reader.sorted();
    } catch (UncheckedIOException e) {
      throw TableText.cannotRead(table, e.getCause());
    } catch (IOException e) {
      throw TableText.cannotRead(table, e);
    }
  }

  private static void requireFile(Path table) {
    FileKind kind;
    try {
      kind = FileKind.of(table);
    } catch (IOException e) {
      throw TableText.cannotRead(table, e);
    }
    if (kind == FileKind.MISSING) {
      throw new BadDataException(
          "No such table: %s. %s Check the spelling and the current folder."
              .formatted(table, EXPECTED_TABLE));
    }
    if (kind == FileKind.FOLDER) {
      throw new BadDataException(
          "Not a table: %s is a folder. %s Name the file.".formatted(table, EXPECTED_TABLE));
    }
  }

  private static void requireFolder(TableFormat format) {
    format
        .imageRoot()
        .filter(root -> !Files.isDirectory(root))
        .ifPresent(
            root -> {
              throw new BadDataException(
                  ("No such folder of images: %s. Expected the folder where the paths of the table"
                          + " start. Check the spelling and the current folder.")
                      .formatted(root),
                  "image-root");
            });
  }

  private void read(TableText text) throws IOException {
    long before = text.separator().isPresent() ? 1 : 0;
    CSVFormat csv =
        CSVFormat.DEFAULT
            .builder()
            .setDelimiter(delimiter)
            .setIgnoreEmptyLines(false)
            .setIgnoreSurroundingSpaces(true)
            .get();
    try (CSVParser parser = CSVParser.builder().setReader(text.reader()).setFormat(csv).get()) {
      Iterator<CSVRecord> records = parser.iterator();
      while (true) {
        long line = before + parser.getCurrentLineNumber() + 1;
        Optional<List<String>> next = next(records, line);
        if (next.isEmpty()) {
          break;
        }
        List<String> fields = next.get();
        if (fields.stream().allMatch(field -> TableFormat.trimmed(field).isEmpty())) {
          continue;
        }
        if (columns == null) {
          columns = TableColumns.find(table, fields, line, delimiter, format);
        } else {
          requireCount(fields, line);
          add(row(fields, line));
        }
      }
    }
    if (columns == null) {
      throw new BadDataException(
          ("The table %s is empty. Expected a header with the columns path,label and one row per"
                  + " image.")
              .formatted(table));
    }
  }

  /** Returns the fields of the next record, which begins at a line. */
  private Optional<List<String>> next(Iterator<CSVRecord> records, long line) {
    try {
      return records.hasNext() ? Optional.of(List.of(records.next().values())) : Optional.empty();
    } catch (UncheckedIOException e) {
      if (!(e.getCause() instanceof CSVException)) {
        throw e;
      }
      boolean open = e.getMessage().contains("EOF");
      throw new BadDataException(
          ("Line %s of %s is not CSV: %s. Expected fields with %s between them. Quote a field as"
                  + " a whole and double the quotes in it, or remove the quote.")
              .formatted(
                  line,
                  table,
                  open
                      ? "a quote opens a field, and nothing closes it up to the end of the table"
                      : "text follows the closing quote of a field",
                  TableFormat.shown(delimiter)),
          e);
    }
  }

  private void requireCount(List<String> fields, long line) {
    long used = fields.size();
    while (used > columns.count() && TableFormat.trimmed(fields.get((int) used - 1)).isEmpty()) {
      used--;
    }
    if (used != columns.count()) {
      throw new BadDataException(
          ("Line %s of %s has %s fields (%s) than the header (%s): received %s. Expected as many."
                  + " %s")
              .formatted(
                  line,
                  table,
                  used > columns.count() ? "more" : "fewer",
                  used,
                  columns.count(),
                  shown(fields),
                  used > columns.count()
                      ? "Put double quotes around a field that contains the delimiter, or correct"
                          + " the line."
                      : "Complete or remove the line."));
    }
  }

  private Row row(List<String> fields, long line) {
    String written = required(fields, line, columns.image(), "path", false);
    List<String> classes =
        columns.multiLabel()
            ? labels(fields, line)
            : List.of(required(fields, line, columns.label(), "label", true));
    Set<String> labels = new LinkedHashSet<>();
    classes.forEach(label -> labels.add(ClassNames.normalized(label)));
    for (String label : labels) {
      if (label.indexOf('\n') >= 0 || label.indexOf('\r') >= 0) {
        throw new BadDataException(
            ("Line %s of %s has a label of two lines: received %s. Expected a label of one line."
                    + " Remove the line break, or the quote that does not belong there.")
                .formatted(line, table, shown(fields)));
      }
    }
    Optional<String> group =
        columns.group().map(column -> required(fields, line, column, "group", true));
    try {
      Path path = file(written);
      return new Row(ImageFolder.pathBelow(folder, path), path, labels, group, line);
    } catch (InvalidPathException e) {
      throw new BadDataException(
          ("Line %s of %s has an invalid path: %s. Expected the path of an image. Correct or"
                  + " remove the line.")
              .formatted(line, table, e.getMessage()),
          e);
    }
  }

  /**
   * Returns the file of a written path. A path with backslashes, as on Windows, or with spaces at
   * its ends is taken as it is if that file exists.
   */
  private Path file(String written) {
    String usual = TableFormat.trimmed(written).replace('\\', '/');
    Path literal = folder.resolve(written);
    return usual.equals(written) || Files.exists(literal) ? literal : folder.resolve(usual);
  }

  private String required(
      List<String> fields, long line, int column, String what, boolean trimmed) {
    String value = fields.get(column);
    if (TableFormat.trimmed(value).isEmpty()) {
      throw new BadDataException(
          "Line %s of %s has no %s: received %s. Expected a %s in every row. Complete or remove the line."
              .formatted(line, table, what, shown(fields), what));
    }
    return trimmed ? TableFormat.trimmed(value) : value;
  }

  /** Returns the labels of a row of a multi-label table. */
  private List<String> labels(List<String> fields, long line) {
    String written = TableFormat.trimmed(fields.get(columns.label()));
    if (written.isEmpty()) {
      return List.of();
    }
    List<String> labels =
        Arrays.stream(written.split("\\|", -1)).map(TableFormat::trimmed).toList();
    if (labels.contains("")) {
      throw new BadDataException(
          ("Line %s of %s has a label without a name: received %s. Expected labels with |"
                  + " between them, or nothing for an image without labels. Complete or remove the"
                  + " label.")
              .formatted(line, table, shown(fields)));
    }
    return labels;
  }

  private String shown(List<String> fields) {
    return String.join(String.valueOf(delimiter), fields);
  }

  private void add(Row row) {
    Row earlier = rows.putIfAbsent(row.relativePath(), row);
    if (earlier == null) {
      return;
    }
    if (!columns.multiLabel() && !earlier.labels().equals(row.labels())) {
      throw two(
          "labels",
          earlier,
          String.join(", ", earlier.labels()),
          row,
          String.join(", ", row.labels()),
          "Expected one label per image. Remove one of the lines, or for multi-label images name"
              + " the column 'labels'.");
    }
    earlier
        .group()
        .filter(group -> !row.group().equals(Optional.of(group)))
        .ifPresent(
            group -> {
              throw two(
                  "groups",
                  earlier,
                  group,
                  row,
                  row.group().orElseThrow(),
                  "Expected one group per image. Correct or remove one of the lines.");
            });
    repeated += earlier.labels().addAll(row.labels()) ? 0 : 1;
  }

  private BadDataException two(
      String what, Row earlier, String before, Row later, String after, String advice) {
    return new BadDataException(
        "The table %s gives two %s to %s: '%s' on line %s and '%s' on line %s. %s"
            .formatted(
                table,
                what,
                later.relativePath(),
                before,
                earlier.line(),
                after,
                later.line(),
                advice));
  }

  private Table sorted() {
    List<Row> sorted = new ArrayList<>(rows.values());
    sorted.sort((a, b) -> ClassNames.compareCodePoints(a.relativePath(), b.relativePath()));
    return new Table(sorted, columns.multiLabel(), repeated);
  }
}
