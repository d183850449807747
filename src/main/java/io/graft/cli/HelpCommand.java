package io.graft.cli;

import io.graft.cli.options.HelpOption;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Shows the help of the program or of one of its commands. */
@Command(
    name = "help",
    customSynopsis = "${COMMAND-FULL-NAME} [COMMAND...]",
    footer = {
      "",
      "Examples:",
      "  ${ROOT-COMMAND-NAME} help train",
      "  ${ROOT-COMMAND-NAME} help zoo fetch"
    },
    description = "Show the help of Graft or of a command.")
final class HelpCommand implements Callable<Integer> {

  @Parameters(paramLabel = "COMMAND", arity = "0..*", description = "The words of a command.")
  private List<String> words = List.of();

  @Mixin HelpOption help;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() {
    CommandLine command = spec.parent().commandLine();
    for (String word : words) {
      CommandLine next = command.getSubcommands().get(word);
      if (next == null) {
        throw new CommandLine.UnmatchedArgumentException(command, List.of(word));
      }
      command = next;
    }
    command.usage(spec.commandLine().getOut());
    return 0;
  }
}
