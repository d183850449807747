package io.graft.data;

import io.graft.runtime.BadDataException;
import io.graft.runtime.FileFailure;
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
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/**
 * The distinct rows of a table of images, in the order of the file.
 *
 * @param rows one per path
 * @param repeated how many further rows said the same as one of them
 */
record TableRows(List<Row> rows, int repeated) {

  private static final char BYTE_ORDER_MARK = '\uFEFF';

  private static final CSVFormat FORMAT =
      CSVFormat.DEFAULT.builder().setIgnoreEmptyLines(true).setIgnoreSurroundingSpaces(true).get();

  /**
   * One image of the table.
   *
   * @param relativePath its path relative to the folder of the table, as {@link RelativePaths}
   *     shows it
   * @param path where it is
   * @param label the name of its class
   * @param line the line of the table, from 1
   */
  record Row(String relativePath, Path path, String label, long line) {}

  TableRows {
    rows = List.copyOf(rows);
  }

  /** The folder that relative paths in the table start at. */
  static Path folderOf(Path table) {
    Path parent = table.getParent();
    return parent == null ? table.getFileSystem().getPath("") : parent;
  }

  static TableRows read(Path table) {
    if (!Files.exists(table)) {
      throw new BadDataException(
          "No such table: "
              + table
              + ". Expected a CSV file with the columns path,label. Check the spelling and the"
              + " current folder.");
    }
    if (Files.isDirectory(table)) {
      throw new BadDataException(
          "Not a table: "
              + table
              + " is a folder. Expected a CSV file with the columns path,label. Name the file.");
    }
    // A decoder of its own, because the usual one replaces bytes that are not UTF-8 in silence.
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
          "The table "
              + table
              + " is empty. Expected a header with the columns path,label and one row per image."
              + " Write the header and the rows.");
    }
    List<String> header = List.of(records.next().values());
    int pathColumn = column(table, header, "path");
    int labelColumn = column(table, header, "label");

    Map<String, Row> rows = new LinkedHashMap<>();
    int repeated = 0;
    while (records.hasNext()) {
      CSVRecord record = records.next();
      long line = parser.getCurrentLineNumber();
      String written = field(table, record, line, pathColumn, "path");
      String label = field(table, record, line, labelColumn, "label");
      Row row = row(table, written, label, line);
      Row earlier = rows.putIfAbsent(row.relativePath(), row);
      if (earlier != null) {
        requireSameLabel(table, earlier, row);
        repeated++;
      }
    }
    return new TableRows(new ArrayList<>(rows.values()), repeated);
  }

  private static int column(Path table, List<String> header, String name) {
    int column = header.indexOf(name);
    if (column < 0 || column != header.lastIndexOf(name)) {
      throw new BadDataException(
          "The table "
              + table
              + " has "
              + (column < 0 ? "no column '" : "two columns '")
              + name
              + "' in its header (line 1): received "
              + String.join(",", header)
              + ". Expected the columns path,label once each, in any order, as the first line."
              + " Correct the header.");
    }
    return column;
  }

  private static String field(Path table, CSVRecord record, long line, int column, String name) {
    String value = column < record.size() ? record.get(column) : "";
    if (value.isBlank()) {
      throw new BadDataException(
          "Line "
              + line
              + " of "
              + table
              + " has no "
              + name
              + ": received "
              + String.join(",", record.values())
              + ". Expected a path and a label in every row. Complete or remove the line.");
    }
    return value;
  }

  private static Row row(Path table, String written, String label, long line) {
    try {
      Path folder = folderOf(table);
      Path path = folder.resolve(written);
      return new Row(RelativePaths.of(folder, path), path, label, line);
    } catch (InvalidPathException e) {
      throw new BadDataException(
          "Line "
              + line
              + " of "
              + table
              + " has a path that cannot exist here: "
              + e.getMessage()
              + ". Expected the path of an image. Correct or remove the line.",
          e);
    }
  }

  private static void requireSameLabel(Path table, Row earlier, Row later) {
    if (!earlier.label().equals(later.label())) {
      throw new BadDataException(
          "The table "
              + table
              + " gives two labels to "
              + later.relativePath()
              + ": '"
              + earlier.label()
              + "' on line "
              + earlier.line()
              + " and '"
              + later.label()
              + "' on line "
              + later.line()
              + ". Expected one label per image. Remove one of the lines.");
    }
  }

  private static Reader withoutMark(BufferedReader reader) throws IOException {
    reader.mark(1);
    if (reader.read() != BYTE_ORDER_MARK) {
      reader.reset();
    }
    return reader;
  }

  private static BadDataException cannotRead(Path table, IOException cause) {
    String reason = FileFailure.reason(cause);
    if (cause instanceof CharacterCodingException) {
      reason = "it is not UTF-8 text";
    }
    return new BadDataException(
        "Cannot read the table "
            + table
            + ": "
            + reason
            + ". Expected a readable CSV file in UTF-8 with the columns path,label. Correct the"
            + " file, or name a folder with one folder of images per class.",
        cause);
  }
}
