package io.graft.cli.options;

import io.graft.fetch.FetchOptions;
import picocli.CommandLine.Option;

/** The options for fetching pretrained weights that are not on this machine. */
public final class FetchOption {

  @Option(
      names = "--offline",
      description =
          "Never use the network. Missing weights are then an error that says where to put them.")
  private boolean offline;

  @Option(
      names = "--weights-url",
      paramLabel = "URL",
      description = "Fetch weights from this address of a folder or file, not from the publisher.")
  private String mirror;

  /** Returns the settings from the environment. Options that are given override them. */
  public FetchOptions resolve() {
    FetchOptions options = FetchOptions.fromEnvironment();
    if (mirror != null) {
      options = options.withMirror(mirror);
    }
    return offline ? options.withOffline(true) : options;
  }
}
