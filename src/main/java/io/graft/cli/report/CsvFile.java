package io.graft.cli.report;

import io.graft.runtime.DurableFiles;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Writes a CSV file in UTF-8, row by row. Quotes fields as in RFC 4180; lines end with LF. */
public final class CsvFile implements AutoCloseable {

  private final BufferedWriter writer;

  private CsvFile(Path path) throws IOException {
    this.writer = Files.newBufferedWriter(path);
  }

  /**
   * Writes a file.
   *
   * @param rows writes the rows
   * @throws io.graft.runtime.OutputException if the file cannot be written; it is then as it was
   */
  public static void write(Path path, Consumer<CsvFile> rows) {
    DurableFiles.writeFile(
        path,
        temporary -> {
          try (CsvFile file = new CsvFile(temporary)) {
            rows.accept(file);
          } catch (UncheckedIOException e) {
            throw e.getCause();
          }
        });
  }

  /** Writes a row. */
  public void row(List<String> fields) {
    try {
      writer.write(fields.stream().map(CsvFile::quoted).collect(Collectors.joining(",")));
      writer.write('\n');
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Quotes a field if a reader would otherwise change or divide it. */
  static String quoted(String field) {
    boolean plain =
        field.equals(field.strip()) && field.chars().noneMatch(c -> ",\"\r\n".indexOf(c) >= 0);
    return plain ? field : '"' + field.replace("\"", "\"\"") + '"';
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }
}
