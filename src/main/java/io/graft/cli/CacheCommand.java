package io.graft.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The features that earlier runs computed. */
@Command(
    name = "cache",
    mixinStandardHelpOptions = true,
    description = "The features that earlier runs computed and later ones find.",
    subcommands = {CacheListCommand.class, CacheVerifyCommand.class, CachePruneCommand.class})
final class CacheCommand implements Runnable {

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(), "No command given. Expected 'graft cache list', 'verify' or 'prune'.");
  }
}
