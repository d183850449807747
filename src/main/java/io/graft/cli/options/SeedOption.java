package io.graft.cli.options;

import picocli.CommandLine.Option;

/** The option for the seed. */
public final class SeedOption {

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "42",
      description = "Seed of everything that is random; ${DEFAULT-VALUE} if absent.")
  public long seed;
}
