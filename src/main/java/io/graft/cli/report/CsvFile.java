package io.graft.cli.report;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** Writes a CSV file in UTF-8, row by row. Quotes fields as in RFC 4180; lines end with LF. */
public final class CsvFile implements AutoCloseable {

  private final BufferedWriter writer;

  public CsvFile(Path path) throws IOException {
    this.writer = Files.newBufferedWriter(path);
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
