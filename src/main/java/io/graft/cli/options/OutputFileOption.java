package io.graft.cli.options;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The safetensors file that a command writes. */
public final class OutputFileOption {

  @Option(
      names = "--out",
      paramLabel = "FILE.safetensors",
      required = true,
      description = "The file to write; an existing file is replaced.")
  public Path path;
}
