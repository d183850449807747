package io.graft.cli;

import java.util.stream.Collectors;
import picocli.CommandLine;

/** A command that consists only of subcommands. */
abstract class CommandGroup implements Runnable {

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(),
        spec.subcommands().values().stream()
            .map(command -> "'" + command.getCommandSpec().qualifiedName() + "'")
            .collect(Collectors.joining(", ", "No command given. Expected one of ", ".")));
  }
}
