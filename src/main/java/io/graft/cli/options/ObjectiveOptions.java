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

/** The loss that a command minimises, and how much each image counts. */
public final class ObjectiveOptions {

  private static final List<String> LOSSES =
      List.of("cross-entropy", "mse", "binary-cross-entropy", "focal");

  @Option(
      names = "--loss",
      paramLabel = "NAME",
      defaultValue = "cross-entropy",
      description =
          "cross-entropy, mse (half of the mean squared error against one-hot targets),"
              + " binary-cross-entropy (sigmoid outputs; for multi-label images) or focal;"
              + " ${DEFAULT-VALUE} if absent.")
  private String loss;

  @Option(
      names = "--label-smoothing",
      paramLabel = "SHARE",
      description =
          "With cross-entropy: the share of the target to spread over all classes; 0 if absent.")
  private Double labelSmoothing;

  @Option(
      names = "--class-weights",
      paramLabel = "balanced|W,W...",
      description =
          "How much the images of each class count: balanced (in inverse proportion to their number),"
              + " or one weight per class in the order of the class names. Equal if absent.")
  private String classWeights;

  @Option(
      names = "--sampling",
      paramLabel = "shuffled|balanced",
      defaultValue = "shuffled",
      description =
          "The images of an epoch: each image once (shuffled), or as many random draws in which every"
              + " class is equally likely (balanced); ${DEFAULT-VALUE} if absent.")
  private String sampling;

  public Objective resolve() {
    return new Objective(
        loss(),
        classWeights(),
        Suggestions.choose("sampling", sampling, List.of(Sampling.values()), Sampling::optionName));
  }

  private Loss loss() {
    String name = Suggestions.choose("loss", loss, LOSSES, Function.identity());
    if (labelSmoothing != null && !name.equals("cross-entropy")) {
      throw new InvalidOptionException(
          "--label-smoothing is for --loss cross-entropy, but the loss is %s. Remove it, or name that."
              .formatted(name));
    }
    return switch (name) {
      case "mse" -> new Loss.MeanSquaredError();
      case "binary-cross-entropy" -> new Loss.BinaryCrossEntropy();
      case "focal" -> new Loss.Focal();
      default -> new Loss.CrossEntropy(labelSmoothing == null ? 0 : labelSmoothing);
    };
  }

  private ClassWeights classWeights() {
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
          "Class weights are '%s': expected balanced, or a positive number per class, such as 1,2.5,1."
              .formatted(classWeights),
          e);
    }
  }
}
