package io.graft.cli.options;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import io.graft.cli.report.Console;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** What every command understands. */
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

  /** Progress and remarks of this command; also settles how much the libraries below may say. */
  public Console console() {
    // Read by SLF4J's simple logger when the first library logs; a library on the class path brings
    // settings of its own that would send the lines to standard output.
    System.setProperty("org.slf4j.simpleLogger.logFile", "System.err");
    System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", verbose ? "info" : "error");
    return new Console(spec.commandLine().getErr(), verbose);
  }

  /** Returns the same for work that stops on Ctrl-C and SIGTERM; its caller closes it. */
  public Console stoppableConsole() {
    return console().obeyingSignals();
  }

  /** Prints a line for people. */
  public void println(String line) {
    spec.commandLine().getOut().println(line);
  }

  /** Prints the one JSON object of a command. */
  public void print(JsonElement json) {
    println(new GsonBuilder().disableHtmlEscaping().serializeNulls().create().toJson(json));
  }
}
