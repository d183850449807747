package io.graft.cli.options;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.graft.cli.report.Console;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** The options that every command has, and methods to print its output. */
public final class CommonOptions {

  private static final Gson JSON =
      new GsonBuilder().disableHtmlEscaping().serializeNulls().create();

  @Option(names = "--json", description = "Print one JSON object on standard output, nothing else.")
  public boolean json;

  @Option(
      names = "--verbose",
      description = "Say more on standard error; with an error, its stack trace.")
  boolean verbose;

  @CommandLine.Mixin HelpOption help;

  @CommandLine.Spec(CommandLine.Spec.Target.MIXEE)
  private CommandLine.Model.CommandSpec spec;

  /** Creates the console of this command. Sets the log level of the libraries. */
  public Console console() {
    // SLF4J's simple logger reads these properties when a library first logs. Without them, the
    // settings of a library on the class path would send the log to standard output.
    System.setProperty("org.slf4j.simpleLogger.logFile", "System.err");
    System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", verbose ? "info" : "error");
    return new Console(spec.commandLine().getErr(), verbose);
  }

  /** Runs work, which Ctrl-C and SIGTERM can stop. Returns the exit code for success. */
  public int run(Consumer<Console> work) {
    try (Console console = console().obeyingSignals()) {
      work.accept(console);
    }
    return 0;
  }

  /** Prints a line of text for people. */
  public void println(String line) {
    spec.commandLine().getOut().println(line);
  }

  /** Formats and prints a line of text for people. The format is the same in every locale. */
  public void printLine(String format, Object... arguments) {
    println(String.format(Locale.ROOT, format, arguments));
  }

  /** Prints the JSON object of a command. */
  public void print(JsonElement json) {
    println(text(json));
  }

  /**
   * Prints a JSON object whose first member is a long list, without building it as a whole.
   *
   * @param list the elements of the list as JSON text
   * @param rest the other members, at least one
   */
  public void print(String name, List<String> list, JsonObject rest) {
    PrintWriter out = spec.commandLine().getOut();
    out.print("{" + text(new JsonPrimitive(name)) + ":[");
    String before = "";
    for (String element : list) {
      out.print(before);
      out.print(element);
      before = ",";
    }
    out.println("]," + text(rest).substring(1));
  }

  /** Returns JSON text on one line. */
  public static String text(JsonElement json) {
    return JSON.toJson(json);
  }
}
