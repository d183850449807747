package io.graft.cli.options;

import io.graft.cli.report.MeasuredReport;
import picocli.CommandLine.Option;

/** The option for the seed. */
public final class SeedOption {

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "" + MeasuredReport.SEED,
      description = "Seed of everything that is random; ${DEFAULT-VALUE} if absent.")
  public long seed;
}
