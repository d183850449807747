package io.graft.cli.options;

import io.graft.fetch.FetchOptions;
import picocli.CommandLine.Option;

/** How a command gets pretrained weights that are not on this machine. */
public final class FetchOption {

  @Option(
      names = "--offline",
      description =
          "Never touch the network; weights that are not here are an error that says where to put"
              + " them.")
  private boolean offline;

  @Option(
      names = "--weights-url",
      paramLabel = "URL",
      description = "Fetch weights from this folder or file address, not from the publisher's.")
  private String mirror;

  /** What the environment says, and above it what was typed. */
  public FetchOptions resolve() {
    FetchOptions options = FetchOptions.fromEnvironment();
    if (mirror != null) {
      options = options.withMirror(mirror);
    }
    return offline ? options.withOffline(true) : options;
  }
}
