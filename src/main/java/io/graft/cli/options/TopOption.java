package io.graft.cli.options;

import io.graft.runtime.InvalidOptionException;
import picocli.CommandLine.Option;

/** The option for how many of the most probable classes a command reports. */
public final class TopOption {

  private static final int DEFAULT = 5;

  @Option(
      names = "--top",
      paramLabel = "K",
      description =
          "How many of the most probable classes to report; 5 if absent. Not for predict with a"
              + " multi-label model, which names every class that reaches its threshold.")
  private Integer top;

  public boolean given() {
    return top != null;
  }

  /** Returns the number of classes, at least 1. */
  public int resolve() {
    if (top != null && top < 1) {
      throw new InvalidOptionException(
          "Top is " + top + ": expected a whole number of at least 1, such as 5.");
    }
    return top == null ? DEFAULT : top;
  }
}
