package io.graft.cli.options;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import io.graft.cli.report.Console;
import java.util.Locale;
import java.util.function.Consumer;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** The options of every command, and its output. */
public final class CommonOptions {

  @Option(names = "--json", description = "Print one JSON object on standard output, nothing else.")
  public boolean json;

  @Option(
      names = "--verbose",
      description = "Say more on standard error; with an error, its stack trace.")
  boolean verbose;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  @CommandLine.Spec(CommandLine.Spec.Target.MIXEE)
  private CommandLine.Model.CommandSpec spec;

  /** Creates the console of this command, and sets how much the libraries may log. */
  public Console console() {
    // SLF4J's simple logger reads these when the first library logs. Without them, the settings of
    // a library on the class path would send the log to standard output.
    System.setProperty("org.slf4j.simpleLogger.logFile", "System.err");
    System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", verbose ? "info" : "error");
    return new Console(spec.commandLine().getErr(), verbose);
  }

  /** Runs work that Ctrl-C and SIGTERM stop; returns the exit code of success. */
  public int run(Consumer<Console> work) {
    try (Console console = console().obeyingSignals()) {
      work.accept(console);
    }
    return 0;
  }

  /** Prints a line for people. */
  public void println(String line) {
    spec.commandLine().getOut().println(line);
  }

  /** Prints a line for people, formatted in the same way in every locale. */
  public void printLine(String format, Object... arguments) {
    println(String.format(Locale.ROOT, format, arguments));
  }

  /** Prints the JSON object of a command. */
  public void print(JsonElement json) {
    println(new GsonBuilder().disableHtmlEscaping().serializeNulls().create().toJson(json));
  }
}
