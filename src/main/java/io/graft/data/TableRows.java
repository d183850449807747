package io.graft.data;

import io.graft.runtime.BadDataException;
import io.graft.runtime.FileFailure;
import io.graft.runtime.FileKind;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
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
import java.util.Set;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/**
 * The distinct rows of a table of images, in code-point order of their relative paths.
 *
 * @param rows the rows, one per path
 * @param multiLabel whether the table has the column {@code labels}
 * @param repeated the number of further rows that repeat one of {@code rows}
 */
record TableRows(List<Row> rows, boolean multiLabel, int repeated) {

  private static final String LABEL = "label";
  private static final String LABELS = "labels";
  private static final char BYTE_ORDER_MARK = '\uFEFF';
  private static final CSVFormat FORMAT =
      CSVFormat.DEFAULT.builder().setIgnoreEmptyLines(true).setIgnoreSurroundingSpaces(true).get();

  /** An image with the names of its classes and its line number in the table, from 1. */
  record Row(String relativePath, Path path, Set<String> labels, long line) {}

  /** Returns the folder that paths in the table are relative to. */
  static Path folderOf(Path table) {
    Path parent = table.getParent();
    return parent == null ? table.getFileSystem().getPath("") : parent;
  }

  static TableRows read(Path table) {
    FileKind kind;
    try {
      kind = FileKind.of(table);
    } catch (IOException e) {
      throw cannotRead(table, e);
    }
    if (kind == FileKind.MISSING) {
      throw new BadDataException(
          ("No such table: %s. Expected a CSV file with the columns path,label. Check the"
                  + " spelling and the current folder.")
              .formatted(table));
    }
    if (kind == FileKind.FOLDER) {
      throw new BadDataException(
          ("Not a table: %s is a folder. Expected a CSV file with the columns path,label. Name the"
                  + " file.")
              .formatted(table));
    }
    // This decoder fails on bytes that are not UTF-8; the default one silently replaces them.
    try (BufferedReader reader =
            new BufferedReader(
                new InputStreamReader(
                    Files.newInputStream(table), StandardCharsets.UTF_8.newDecoder()));
        CSVParser parser =
            CSVParser.builder().setReader(withoutMark(reader)).setFormat(FORMAT).get()) {
      return read(table, parser);
    } catch (UncheckedIOException e) {
      throw cannotRead(table, e.getCause());
    } catch (IOException e) {
      throw cannotRead(table, e);
    }
  }

  private static TableRows read(Path table, CSVParser parser) {
    Iterator<CSVRecord> records = parser.iterator();
    if (!records.hasNext()) {
      throw new BadDataException(
          ("The table %s is empty. Expected a header with the columns path,label and one row per"
                  + " image.")
              .formatted(table));
    }
    List<String> header = List.of(records.next().values());
    boolean multiLabel = !header.contains(LABEL) && header.contains(LABELS);
    int pathColumn = column(table, header, "path");
    int labelColumn = column(table, header, multiLabel ? LABELS : LABEL);

    Map<String, Row> rows = new LinkedHashMap<>();
    int repeated = 0;
    while (records.hasNext()) {
      CSVRecord record = records.next();
      long line = parser.getCurrentLineNumber();
      String written = field(table, record, line, pathColumn, "path");
      Set<String> labels = new LinkedHashSet<>();
      if (multiLabel) {
        labels.addAll(labels(table, record, line, labelColumn));
      } else {
        labels.add(field(table, record, line, labelColumn, LABEL));
      }
      Row row = row(table, written, labels, line);
      Row earlier = rows.putIfAbsent(row.relativePath(), row);
      if (earlier != null && !multiLabel && !earlier.labels().equals(labels)) {
        throw twoLabels(table, earlier, row);
      }
      repeated += earlier != null && !earlier.labels().addAll(labels) ? 1 : 0;
    }
    List<Row> sorted = new ArrayList<>(rows.values());
    sorted.sort((a, b) -> ClassNames.compareCodePoints(a.relativePath(), b.relativePath()));
    return new TableRows(sorted, multiLabel, repeated);
  }

  private static int column(Path table, List<String> header, String name) {
    int column = header.indexOf(name);
    if (column < 0 || column != header.lastIndexOf(name)) {
      throw new BadDataException(
          ("The table %s has %s '%s' in its header (line 1): received %s. Expected the columns"
               + " path,label (or path,labels for multi-label images) once each, in any order, as"
               + " the first line. Correct the header.")
              .formatted(
                  table, column < 0 ? "no column" : "two columns", name, String.join(",", header)));
    }
    return column;
  }

  private static String field(Path table, CSVRecord record, long line, int column, String name) {
    String value = column < record.size() ? record.get(column) : "";
    if (value.isBlank()) {
      throw new BadDataException(
          ("Line %s of %s has no %s: received %s. Expected a path and a label in every row."
                  + " Complete or remove the line.")
              .formatted(line, table, name, String.join(",", record.values())));
    }
    return value;
  }

  /** Returns the labels of a row of a multi-label table. */
  private static List<String> labels(Path table, CSVRecord record, long line, int column) {
    String written = column < record.size() ? record.get(column).strip() : "";
    if (written.isEmpty()) {
      return List.of();
    }
    List<String> labels = Arrays.stream(written.split("\\|", -1)).map(String::strip).toList();
    if (labels.contains("")) {
      throw new BadDataException(
          ("Line %s of %s has a label without a name: received %s. Expected labels with |"
                  + " between them, or nothing for an image without labels. Complete or remove the"
                  + " label.")
              .formatted(line, table, String.join(",", record.values())));
    }
    return labels;
  }

  private static Row row(Path table, String written, Set<String> labels, long line) {
    try {
      Path folder = folderOf(table);
      Path path = folder.resolve(written);
      return new Row(ImageFolder.pathBelow(folder, path), path, labels, line);
    } catch (InvalidPathException e) {
      throw new BadDataException(
          ("Line %s of %s has an invalid path: %s. Expected the path of an image. Correct or"
                  + " remove the line.")
              .formatted(line, table, e.getMessage()),
          e);
    }
  }

  private static BadDataException twoLabels(Path table, Row earlier, Row later) {
    return new BadDataException(
        ("The table %s gives two labels to %s: '%s' on line %s and '%s' on line %s."
                + " Expected one label per image. Remove one of the lines, or for multi-label"
                + " images rename the column to 'labels'.")
            .formatted(
                table,
                later.relativePath(),
                String.join(", ", earlier.labels()),
                earlier.line(),
                String.join(", ", later.labels()),
                later.line()));
  }

  private static Reader withoutMark(BufferedReader reader) throws IOException {
    reader.mark(1);
    if (reader.read() != BYTE_ORDER_MARK) {
      reader.reset();
    }
    return reader;
  }

  private static BadDataException cannotRead(Path table, IOException cause) {
    boolean notUtf8 = cause instanceof CharacterCodingException;
    String reason = notUtf8 ? "it is not UTF-8 text" : FileFailure.reason(cause);
    return new BadDataException(
        ("Cannot read the table %s: %s. Expected a readable CSV file in UTF-8 with the"
                + " columns path,label. Correct the file, or name a folder with one folder of"
                + " images per class.")
            .formatted(table, reason),
        cause);
  }
}
