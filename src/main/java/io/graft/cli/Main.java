package io.graft.cli;

import io.graft.cli.report.ReportFormat;
import io.graft.runtime.FileNames;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.OutputException;
import io.graft.runtime.Versions;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The program {@code graft}. */
@Command(
    name = "graft",
    customSynopsis = "${ROOT-COMMAND-NAME} COMMAND [OPTION...]",
    description = "Transfer learning: a classifier on a frozen, pretrained network.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    footerHeading = "%nExit codes:%n",
    footer = {
      "  0 done; 1 a defect in Graft; 2 usage; 3 bad data; 4 weights; 5 device; 75 stopped,"
          + " continue with --resume; 130 interrupted; 141 standard output was closed",
      "Start with '${ROOT-COMMAND-NAME} demo'."
    },
    subcommands = {
      DemoCommand.class,
      TrainCommand.class,
      PredictCommand.class,
      EvaluateCommand.class,
      ExtractCommand.class,
      DrawCommand.class,
      PretrainCommand.class,
      ZooCommand.class,
      CacheCommand.class,
      DoctorCommand.class,
      HelpCommand.class
    })
public final class Main extends CommandGroup {

  /** Runs the program and ends the process with its exit code. */
  public static void main(String[] arguments) {
    System.exit(
        run(
            arguments,
            new PrintWriter(
                new StandardOutput(new FileOutputStream(FileDescriptor.out)),
                true,
                StandardCharsets.UTF_8),
            new PrintWriter(System.err, true, StandardCharsets.UTF_8)));
  }

  /** Runs the program and returns its exit code. */
  static int run(String[] arguments, PrintWriter out, PrintWriter err) {
    CommandLine commandLine =
        new CommandLine(new Main())
            .setCommandName(ReportFormat.program())
            .setOut(out)
            .setErr(err)
            // In predict, @ names a list of images.
            .setExpandAtFiles(false)
            .setExecutionStrategy(Main::execute)
            .setExecutionExceptionHandler(
                (exception, command, result) -> Failures.report(exception, command))
            .setParameterExceptionHandler(Failures::reportUsage);
    Optional<String> undecoded = FileNames.undecoded(arguments);
    if (undecoded.isPresent()) {
      return Failures.report(
          new InvalidOptionException(
              ("The argument '%s' has letters that are not in %s, the character set of the locale."
                      + " Expected a locale that has all letters. %s")
                  .formatted(undecoded.get(), FileNames.charset(), FileNames.remedy())),
          commandLine);
    }
    try {
      return commandLine.execute(arguments);
    } catch (Error e) {
      // picocli passes exceptions to its handler, but not errors such as OutOfMemoryError.
      return Failures.report(e, commandLine);
    }
  }

  private static int execute(CommandLine.ParseResult parsed) {
    try {
      return new CommandLine.RunLast().execute(parsed);
    } catch (OutputException | StandardOutput.ClosedException e) {
      // Printing --help or --version failed. picocli's handler receives only what commands throw.
      return Failures.report(e, parsed.commandSpec().commandLine());
    }
  }

  /** Returns Graft's version without loading any library. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"graft " + Versions.graft()};
    }
  }
}
