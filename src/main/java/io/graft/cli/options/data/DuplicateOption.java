package io.graft.cli.options.data;

import io.graft.cli.report.Console;
import io.graft.cli.report.DuplicatesReport;
import io.graft.features.Duplicates;
import io.graft.runtime.BadDataException;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** The option for what a command does about an image that stands in several places. */
public final class DuplicateOption {

  /** What to do about such images. */
  private enum Choice {
    WARN,
    FAIL,
    DROP
  }

  @Option(
      names = "--on-duplicate",
      paramLabel = "warn|fail|drop",
      defaultValue = "warn",
      converter = Converter.class,
      description =
          "What to do about an image, by content, that is used both for training and for"
              + " validation, or has two labels: report it and continue (warn), stop (fail), or"
              + " leave out the validation image, and every copy where labels differ (drop);"
              + " ${DEFAULT-VALUE} if absent.")
  private Choice choice;

  /**
   * Reports duplicates and does what the option says.
   *
   * @return the report, with the parts to use
   * @throws BadDataException if there are duplicates and the option says to fail
   */
  public DuplicatesReport apply(Duplicates found, Console console) {
    DuplicatesReport report = new DuplicatesReport(found, choice == Choice.DROP);
    if (found.isEmpty()) {
      return report;
    }
    if (choice == Choice.FAIL) {
      throw new BadDataException(
          report.text()
              + "\n"
              + "Expected none, because of --on-duplicate fail. Remove the copies, or leave them"
              + " out with --on-duplicate drop.");
    }
    console.note(
        report.text()
            + "\n"
            + (choice == Choice.DROP
                ? report.droppedText()
                : "To leave them out, add --on-duplicate drop."));
    return report;
  }

  /** Reads the option. An error message lists the values as people type them. */
  static final class Converter implements CommandLine.ITypeConverter<Choice> {
    @Override
    public Choice convert(String text) {
      return switch (text) {
        case "warn" -> Choice.WARN;
        case "fail" -> Choice.FAIL;
        case "drop" -> Choice.DROP;
        default ->
            throw new CommandLine.TypeConversionException(
                "'" + text + "' is neither warn, fail nor drop");
      };
    }
  }
}
