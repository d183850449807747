package io.graft.data;

import io.graft.data.listing.ClassNames;
import io.graft.data.listing.Part;
import io.graft.runtime.BadDataException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The fields of a row as they are written.
 *
 * @param delimiter the character between two fields
 * @param line the line where the row begins, from 1
 */
record TableRecord(Path table, char delimiter, List<String> fields, long line) {

  private static final String COMPLETE = "Complete or remove the line.";

  /** Returns whether the row has no text. */
  boolean isBlank() {
    return fields.stream().allMatch(field -> TableFormat.trimmed(field).isEmpty());
  }

  /** Checks that the row has as many fields as the header; more may be empty. */
  void requireCount(int expected) {
    int count = fields.size();
    while (count > expected && TableFormat.trimmed(fields.get(count - 1)).isEmpty()) {
      count--;
    }
    if (count != expected) {
      boolean more = count > expected;
      throw invalid(
          "has %s fields (%s) than the header (%s)"
              .formatted(more ? "more" : "fewer", count, expected),
          "as many",
          more
              ? "Put double quotes around a field that contains the delimiter, or correct the line."
              : COMPLETE);
    }
  }

  /** Returns a field that may not be empty, as it is written. */
  String path(int column) {
    String written = fields.get(column);
    if (TableFormat.trimmed(written).isEmpty()) {
      throw invalid("has no path", "the path of an image in every row", COMPLETE);
    }
    return written;
  }

  /** Returns the name in a field: one line of text without spaces around it. */
  String name(int column, String what) {
    String name = TableFormat.trimmed(fields.get(column));
    if (name.isEmpty()) {
      throw invalid("has no " + what, "a " + what + " in every row", COMPLETE);
    }
    return ClassNames.normalized(oneLine(name, what));
  }

  /** Returns the labels in a field of a multi-label table. */
  Set<String> labels(int column) {
    Set<String> labels = new LinkedHashSet<>();
    String written = TableFormat.trimmed(fields.get(column));
    if (!written.isEmpty()) {
      Arrays.stream(written.split("\\|", -1))
          .map(TableFormat::trimmed)
          .forEach(label -> labels.add(ClassNames.normalized(oneLine(label, "label"))));
    }
    if (labels.contains("")) {
      throw invalid(
          "has a label without a name",
          "labels with | between them, or nothing for an image without labels",
          "Complete or remove the label.");
    }
    return labels;
  }

  /** Returns what an image is for. */
  Part part(int column) {
    String written = name(column, "part of the split");
    return Part.of(written)
        .orElseThrow(
            () ->
                invalid(
                    "has the part of the split '%s'".formatted(written),
                    "one of " + Part.list(),
                    "Correct the line, or name another column."));
  }

  private String oneLine(String text, String what) {
    if (text.indexOf('\n') >= 0 || text.indexOf('\r') >= 0) {
      throw invalid(
          "has a %s of two lines".formatted(what),
          "one line",
          "Remove the line break, or the quote that does not belong there.");
    }
    return text;
  }

  private BadDataException invalid(String problem, String expected, String advice) {
    return new BadDataException(
        "Line %s of %s %s: received %s. Expected %s. %s"
            .formatted(
                line,
                table,
                problem,
                String.join(String.valueOf(delimiter), fields),
                expected,
                advice));
  }
}
