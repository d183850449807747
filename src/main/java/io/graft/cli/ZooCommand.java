package io.graft.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The backbones that Graft knows, and their weights on this machine. */
@Command(
    name = "zoo",
    mixinStandardHelpOptions = true,
    description = "The networks that Graft knows, and their weights on this machine.",
    subcommands = {ZooListCommand.class, ZooFetchCommand.class, ZooVerifyCommand.class})
final class ZooCommand implements Runnable {

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(), "No command given. Expected 'graft zoo list', 'fetch' or 'verify'.");
  }
}
