package io.graft.cli;

import ai.djl.engine.EngineException;
import io.graft.cli.report.ReportFormat;
import io.graft.cli.report.StopSignals;
import io.graft.runtime.BadDataException;
import io.graft.runtime.DeviceException;
import io.graft.runtime.GraftException;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.OutputException;
import io.graft.runtime.StoppedException;
import io.graft.runtime.Suggestions;
import io.graft.runtime.WeightsException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;

/** Turns a failure into a message on standard error and an exit code. */
final class Failures {

  static final int DEFECT = 1;
  static final int USAGE = 2;
  static final int BAD_DATA = 3;
  static final int WEIGHTS = 4;
  static final int DEVICE = 5;

  /** The exit code if the reader of the output is gone: 128 + SIGPIPE, as in a shell. */
  static final int OUTPUT_CLOSED = 141;

  /** The names that other programs have for options of Graft. */
  private static final Map<String, String> OTHER_NAMES =
      Map.ofEntries(
          Map.entry("--input", "--data"),
          Map.entry("--images", "--data"),
          Map.entry("--dataset", "--data"),
          Map.entry("--train", "--data"),
          Map.entry("--data-dir", "--data"),
          Map.entry("-o", "--out"),
          Map.entry("--output", "--out"),
          Map.entry("--output-dir", "--out"),
          Map.entry("--valid", "--validation"),
          Map.entry("--bs", "--batch-size"),
          Map.entry("--l2", "--weight-decay"),
          Map.entry("--gpu", "--device"),
          Map.entry("--gpus", "--device"),
          Map.entry("--cuda", "--device"),
          Map.entry("--arch", "--backbone"),
          Map.entry("--aug", "--augment"),
          Map.entry("--augmentation", "--augment"),
          Map.entry("--finetune", "--stages"),
          Map.entry("--fine-tune", "--stages"),
          Map.entry("--pretrained", "--weights"),
          Map.entry("--patience", "--early-stopping"),
          Map.entry("--label-smooth", "--label-smoothing"),
          Map.entry("--amp", "--train-precision"),
          Map.entry("--fp16", "--precision"),
          Map.entry("--topk", "--top"),
          Map.entry("--k", "--top"));

  private Failures() {}

  /** Reports the failure of a command and returns the exit code. */
  static int report(Throwable failure, CommandLine command) {
    PrintWriter err = command.getErr();
    if (failure instanceof StandardOutput.ClosedException) {
      // The program that read the output has ended, so no message is needed.
      return OUTPUT_CLOSED;
    } else if (failure instanceof StoppedException stopped) {
      // Without a checkpoint the command starts over, but it finds the features that are stored.
      String next = stopped.checkpoint().isPresent() ? "Continue with" : "Run again with";
      err.println(
          "graft: %s %s:  %s".formatted(stopped.getMessage(), next, again(command, stopped)));
    } else if (failure instanceof GraftException known) {
      err.println("graft: " + known.getMessage() + options(known, command));
    } else if (failure instanceof EngineException) {
      err.println(
          "graft: The device failed: %s. End other programs that use it, or use --device cpu."
              .formatted(failure.getMessage()));
    } else if (failure instanceof OutOfMemoryError) {
      err.println(
          ("graft: Out of memory: %s. Give Java more with GRAFT_JAVA_OPTS=-Xmx8g; for direct buffer"
                  + " memory with GRAFT_JAVA_OPTS=-XX:MaxDirectMemorySize=8g.")
              .formatted(failure.getMessage()));
    } else {
      err.println(
          "graft: This is a defect in Graft: %s. Run again with --verbose and report the output."
              .formatted(failure));
    }
    CommandLine.Model.OptionSpec verbose = command.getCommandSpec().findOption("--verbose");
    if (verbose != null && Boolean.TRUE.equals(verbose.getValue())) {
      failure.printStackTrace(err);
    }
    err.flush();
    return exitCode(failure);
  }

  /** Returns a hint that lists the command's options for the settings that can help. */
  private static String options(GraftException failure, CommandLine command) {
    List<String> options =
        failure.settings().stream()
            .map(name -> "--" + name)
            .filter(command.getCommandSpec().optionsMap()::containsKey)
            .toList();
    return options.isEmpty() ? "" : " Options: " + String.join(", ", options) + ".";
  }

  /** Returns the given command line, with {@code --resume} if there is a checkpoint. */
  private static String again(CommandLine command, StoppedException stopped) {
    CommandLine root = command;
    while (root.getParent() != null) {
      root = root.getParent();
    }
    List<String> words = new ArrayList<>(List.of(ReportFormat.program()));
    root.getParseResult().originalArgs().forEach(word -> words.add(ReportFormat.quoted(word)));
    if (stopped.checkpoint().isPresent() && !words.contains("--resume")) {
      words.add("--resume");
    }
    return String.join(" ", words);
  }

  /** Reports a command line that cannot be parsed and returns the exit code. */
  static int reportUsage(CommandLine.ParameterException failure, String[] arguments) {
    CommandLine command = failure.getCommandLine();
    PrintWriter err = command.getErr();
    List<String> unmatched =
        failure instanceof CommandLine.UnmatchedArgumentException unknown
            ? unknown.getUnmatched()
            : command.getUnmatchedArguments();
    if (!unmatched.isEmpty()) {
      // Takes precedence over a missing required option: the word may be its misspelling.
      err.println("graft: " + unknown(unmatched.get(0), command));
    } else {
      err.println("graft: " + message(failure));
      if (!command.getSubcommands().isEmpty()) {
        command.usage(err);
      }
    }
    err.println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
    err.flush();
    return USAGE;
  }

  private static String unknown(String word, CommandLine command) {
    boolean option = word.startsWith("-");
    if (!option && command.getSubcommands().isEmpty()) {
      return "Unexpected argument '" + word + "'. Expected options, which begin with --.";
    }
    String name = option ? word.replaceFirst("=.*", "") : word;
    Collection<String> known =
        option ? command.getCommandSpec().optionsMap().keySet() : command.getSubcommands().keySet();
    String meant = OTHER_NAMES.get(name);
    String suggestion =
        known.contains(meant)
            ? "; did you mean '" + meant + "'?"
            : Suggestions.didYouMean(name, known);
    String unknown = "Unknown %s '%s'%s".formatted(option ? "option" : "command", name, suggestion);
    // A command may have sixty options. A list of them would hide the suggestion.
    return option && suggestion.endsWith("?")
        ? unknown
        : unknown + " Expected one of " + String.join(", ", known) + ".";
  }

  private static String message(CommandLine.ParameterException failure) {
    if (failure instanceof CommandLine.OverwrittenOptionException twice) {
      String name = ((CommandLine.Model.OptionSpec) twice.getOverwritten()).longestName();
      return name + " was given more than once. Expected it once.";
    } else if (failure instanceof CommandLine.MutuallyExclusiveArgsException) {
      return failure
              .getMessage()
              .replaceFirst("^Error: ", "")
              .replaceAll("=[^, ]*", "")
              .replaceFirst(" are mutually exclusive.*", "")
          + ": expected at most one of these options.";
    }
    String message =
        failure
            .getMessage()
            .replaceFirst("^Error: ", "")
            .replaceFirst(
                "^Missing required parameter for option '(.*)' \\((.*)\\)$", "$1 needs a value: $2")
            .replaceFirst("^Missing required (option|parameter)", "Missing $1")
            .replaceFirst(" is not an? (int|long)$", " is not a whole number")
            .replaceFirst(" is not a double$", " is not a number");
    return message.endsWith(".") ? message : message + ".";
  }

  static int exitCode(Throwable failure) {
    if (failure instanceof InvalidOptionException || failure instanceof OutputException) {
      return USAGE;
    } else if (failure instanceof BadDataException) {
      return BAD_DATA;
    } else if (failure instanceof WeightsException) {
      return WEIGHTS;
    } else if (failure instanceof DeviceException || failure instanceof EngineException) {
      return DEVICE;
    } else if (failure instanceof StoppedException) {
      return StopSignals.EXIT_CODE;
    }
    return DEFECT;
  }
}
