package io.graft.cli.options.data;

import picocli.CommandLine.Option;

/** The option for the column of a table that says for what each image is used. */
final class SplitColumnOption {

  @Option(
      names = "--split-column",
      paramLabel = "NAME",
      description =
          "In a table: the column with train, validation or test, for what each image is used.")
  String column;
}
