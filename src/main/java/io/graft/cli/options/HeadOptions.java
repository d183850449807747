package io.graft.cli.options;

import io.graft.nn.Head;
import io.graft.nn.HiddenLayers;
import io.graft.runtime.InvalidOptionException;
import java.util.List;
import picocli.CommandLine.Option;

/** The head that a command trains. */
public final class HeadOptions {

  @Option(
      names = "--head",
      paramLabel = "flatten|pool|fc",
      defaultValue = "flatten",
      description =
          "The classifier's input: flatten (every activation after the last pooling layer), pool (their"
              + " mean per channel), or fc (the output of fc2); ${DEFAULT-VALUE} if absent.")
  private String head;

  @Option(
      names = "--hidden",
      paramLabel = "N[,N...]",
      split = ",",
      description =
          "Units of the hidden layers before the classifying layer; if absent none, or one layer of 512"
              + " in pretrain.")
  private List<Integer> units = List.of();

  @Option(
      names = "--activation",
      paramLabel = "relu|tanh|sigmoid",
      description = "The activation after each hidden layer; relu if absent.")
  private String activation;

  @Option(
      names = "--dropout",
      paramLabel = "P",
      defaultValue = "0",
      description =
          "Probability of dropout in training, after each hidden layer, or on the classifier's input if"
              + " there are none; ${DEFAULT-VALUE} if absent.")
  private double dropout;

  public Head head() {
    return Head.parse(head);
  }

  public HiddenLayers hidden() {
    HiddenLayers.Activation parsed =
        HiddenLayers.Activation.parse(activation == null ? "relu" : activation);
    if (activation != null && units.isEmpty()) {
      throw new InvalidOptionException(
          "--activation is for hidden layers, but there are none. Add them with --hidden, or remove"
              + " --activation.");
    }
    return new HiddenLayers(units, parsed, dropout);
  }
}
