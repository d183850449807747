package io.graft.cli.options;

import io.graft.recipe.ClassWeights;
import io.graft.recipe.Loss;
import io.graft.recipe.Objective;
import io.graft.recipe.Sampling;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Suggestions;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import picocli.CommandLine.Option;

/** What a command makes small, and over which images. */
public final class ObjectiveOptions {

  private static final List<String> LOSSES =
      List.of("cross-entropy", "mse", "binary-cross-entropy", "focal");

  @Option(
      names = "--loss",
      paramLabel = "NAME",
      defaultValue = "cross-entropy",
      description =
          "cross-entropy (the default), mse (one half of the mean squared error against one-hot),"
              + " binary-cross-entropy (sigmoid outputs; for images of several labels) or focal.")
  private String loss;

  @Option(
      names = "--label-smoothing",
      paramLabel = "SHARE",
      description =
          "Of cross-entropy: the share of the target that is spread over all classes; 0 if absent.")
  private Double labelSmoothing;

  @Option(
      names = "--class-weights",
      paramLabel = "balanced|W,W...",
      description =
          "How much the images of each class count: in inverse proportion to their number, or one"
              + " weight per class in the order of their names; alike if absent.")
  private String classWeights;

  @Option(
      names = "--sampling",
      paramLabel = "shuffled|balanced",
      defaultValue = "shuffled",
      description =
          "An epoch's images: every one once (the default), or as many draws, of each class with"
              + " the same probability.")
  private String sampling;

  public Objective resolve() {
    return new Objective(
        loss(),
        weights(),
        Suggestions.choose("sampling", sampling, List.of(Sampling.values()), Sampling::optionName));
  }

  private Loss loss() {
    String name = Suggestions.choose("loss", loss, LOSSES, Function.identity());
    if (labelSmoothing != null && !name.equals("cross-entropy")) {
      throw new InvalidOptionException(
          "--label-smoothing is of --loss cross-entropy, and the loss is "
              + name
              + ". Leave it away, or name cross-entropy.");
    }
    return switch (name) {
      case "mse" -> new Loss.MeanSquaredError();
      case "binary-cross-entropy" -> new Loss.BinaryCrossEntropy();
      case "focal" -> new Loss.Focal();
      default -> new Loss.CrossEntropy(labelSmoothing == null ? 0 : labelSmoothing);
    };
  }

  private ClassWeights weights() {
    if (classWeights == null) {
      return new ClassWeights.Equal();
    } else if (classWeights.equals("balanced")) {
      return new ClassWeights.Balanced();
    }
    try {
      return new ClassWeights.Values(
          Arrays.stream(classWeights.split(",", -1)).map(Double::valueOf).toList());
    } catch (NumberFormatException e) {
      throw new InvalidOptionException(
          "Class weights are '"
              + classWeights
              + "': expected balanced, or a positive number per class, such as 1,2.5,1.",
          e);
    }
  }
}
