package io.graft.cli.options;

import io.graft.nn.Head;
import io.graft.nn.HiddenLayers;
import io.graft.runtime.InvalidOptionException;
import java.util.List;
import picocli.CommandLine.Option;

/** The layers that a command trains. */
public final class HeadOptions {

  @Option(
      names = "--head",
      paramLabel = "flatten|pool|fc",
      defaultValue = "flatten",
      description =
          "The classifier's input: flatten for every activation behind the last pooling, pool for"
              + " their mean per channel, or fc for fc2; ${DEFAULT-VALUE} if absent.")
  private String head;

  @Option(
      names = "--hidden",
      paramLabel = "N[,N...]",
      split = ",",
      description =
          "Units of the hidden layers before the classifying one; none if absent, one of 512 in"
              + " pretrain.")
  private List<Integer> units = List.of();

  @Option(
      names = "--activation",
      paramLabel = "relu|tanh|sigmoid",
      description = "Behind each hidden layer; relu if absent.")
  private String activation;

  @Option(
      names = "--dropout",
      paramLabel = "P",
      defaultValue = "0",
      description =
          "Probability of dropout while training, behind each hidden layer or else on the"
              + " classifier's input; 0 if absent.")
  private double dropout;

  public Head head() {
    return Head.parse(head);
  }

  public HiddenLayers hidden() {
    if (activation == null) {
      return new HiddenLayers(units, HiddenLayers.Activation.RELU, dropout);
    }
    HiddenLayers.Activation parsed = HiddenLayers.Activation.parse(activation);
    if (units.isEmpty()) {
      throw new InvalidOptionException(
          "--activation is of hidden layers and there are none. Add them with --hidden, or leave"
              + " --activation away.");
    }
    return new HiddenLayers(units, parsed, dropout);
  }
}
