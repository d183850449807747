package io.graft.data;

import io.graft.data.listing.ClassNames;
import io.graft.data.listing.Part;
import io.graft.runtime.BadDataException;
import io.graft.runtime.FileKind;
import io.graft.runtime.FileNames;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
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
   * @param part what it is for, if the format names a column of that
   * @param group its group, if the format names a column of groups
   * @param line the number of its first line in the table, from 1
   */
  record Row(
      String relativePath,
      Path path,
      Set<String> labels,
      Optional<Part> part,
      Optional<String> group,
      long line) {}

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
        Optional<TableRecord> next = next(records, line);
        if (next.isEmpty()) {
          break;
        }
        TableRecord record = next.get();
        if (record.isBlank()) {
          continue;
        }
        if (columns == null) {
          columns = TableColumns.find(table, record.fields(), line, delimiter, format);
        } else {
          record.requireCount(columns.count());
          add(row(record));
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
  private Optional<TableRecord> next(Iterator<CSVRecord> records, long line) {
    try {
      return records.hasNext()
          ? Optional.of(new TableRecord(table, delimiter, List.of(records.next().values()), line))
          : Optional.empty();
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

  private Row row(TableRecord record) {
    String written = record.path(columns.image());
    Set<String> labels =
        columns.multiLabel()
            ? record.labels(columns.label())
            : Set.of(record.name(columns.label(), "label"));
    Optional<Part> part = columns.split().map(record::part);
    Optional<String> group = columns.group().map(column -> record.name(column, "group"));
    try {
      String file = file(written);
      Path path = folder.resolve(file);
      return new Row(relativePath(file, path), path, labels, part, group, record.line());
    } catch (InvalidPathException e) {
      throw new BadDataException(
          "Line %s of %s has an invalid path: %s. Expected the path of an image. %s"
              .formatted(
                  record.line(),
                  table,
                  e.getMessage(),
                  FileNames.holdAllLetters() ? "Correct or remove the line." : FileNames.remedy()),
          e);
    }
  }

  /**
   * Returns the path of the file of a written path. A path with backslashes, as on Windows, or with
   * spaces at its ends is taken as it is if that file exists. A path whose file does not exist may
   * be in another Unicode form than the file's name, as when one of them comes from macOS.
   */
  private String file(String written) {
    String usual = TableFormat.trimmed(written).replace('\\', '/');
    if (!usual.equals(written) && exists(written)) {
      return written;
    }
    // Most paths are ASCII, which has one form. Then the file system is not asked.
    if (usual.chars().allMatch(c -> c < 0x80) || exists(usual)) {
      return usual;
    }
    return Stream.of(Normalizer.Form.NFC, Normalizer.Form.NFD)
        .map(form -> Normalizer.normalize(usual, form))
        .filter(other -> !other.equals(usual) && exists(other))
        .findFirst()
        .orElse(usual);
  }

  private boolean exists(String file) {
    return Files.exists(folder.resolve(file));
  }

  /** Returns the path below the folder. Most paths are written so already. */
  private String relativePath(String file, Path path) {
    String between = "/" + file + "/";
    boolean plain =
        path.getFileSystem().getSeparator().equals("/")
            && file.indexOf('\\') < 0
            && !between.contains("//")
            && !between.contains("/./")
            && !between.contains("/../");
    return plain ? file : ImageFolder.pathBelow(folder, path);
  }

  private void add(Row row) {
    Row earlier = rows.putIfAbsent(row.relativePath(), row);
    if (earlier == null) {
      return;
    }
    if (!columns.multiLabel()) {
      requireSame("label", earlier, List.copyOf(earlier.labels()), row, List.copyOf(row.labels()));
    }
    requireSame(
        "part of the split",
        earlier,
        earlier.part().stream().map(Part::word).toList(),
        row,
        row.part().stream().map(Part::word).toList());
    requireSame(
        "group", earlier, earlier.group().stream().toList(), row, row.group().stream().toList());
    repeated += columns.multiLabel() && earlier.labels().addAll(row.labels()) ? 0 : 1;
  }

  private void requireSame(
      String what, Row earlier, List<String> before, Row later, List<String> after) {
    if (!before.equals(after)) {
      throw new BadDataException(
          ("The table %s gives two values to the %s of %s: '%s' on line %s and '%s' on line %s."
                  + " Expected one per image. Remove one of the lines%s.")
              .formatted(
                  table,
                  what,
                  later.relativePath(),
                  String.join(", ", before),
                  earlier.line(),
                  String.join(", ", after),
                  later.line(),
                  what.equals("label")
                      ? ", or for multi-label images name the column 'labels'"
                      : ""));
    }
  }

  private Table sorted() {
    List<Row> sorted = new ArrayList<>(rows.values());
    sorted.sort((a, b) -> ClassNames.compareCodePoints(a.relativePath(), b.relativePath()));
    return new Table(sorted, columns.multiLabel(), repeated);
  }
}
