package io.graft.cli.options;

import io.graft.nn.Unfreeze;
import io.graft.recipe.LearningRate;
import io.graft.recipe.Stage;
import io.graft.runtime.InvalidOptionException;
import io.graft.tensors.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** Which layers are trained, for how long and how fast. */
public final class StageOptions {

  private static final String HEAD = "head";
  private static final int DEFAULT_EPOCHS = 10;

  /** {@code LAYERS:EPOCHS[@RATE]}. */
  private static final Pattern STAGE = Pattern.compile("([^:@]+):([0-9]+)(?:@([^:@]+))?");

  @Option(
      names = "--unfreeze",
      paramLabel = "LAYERS",
      description =
          "What to train besides the head: none (the default), all, a block such as block5 (fc with"
              + " --head fc) and all behind it, or a layer and all behind it.")
  private String unfreeze;

  @Option(
      names = "--stages",
      paramLabel = "LAYERS:EPOCHS[@RATE][,...]",
      split = ",",
      description =
          "Train in stages instead of --unfreeze and --epochs: head:5,block5:10@1e-5 trains the head"
              + " for 5 epochs, then block5 with it for 10 at that learning rate.")
  private List<String> stages = List.of();

  @Option(names = "--epochs", paramLabel = "N", description = "10 if absent.")
  private Integer epochs;

  @Option(
      names = "--learning-rate",
      paramLabel = "RATE|auto",
      defaultValue = "0.001",
      converter = LearningRateConverter.class,
      description =
          "The optimizer's step size; 0.001 if absent. auto takes the one of 1e-5, 3e-5, ... 0.1 that"
              + " does best on a fifth of the training images after training on the others.")
  private LearningRate learningRate;

  @Option(
      names = "--dtype",
      paramLabel = "float16|float32",
      defaultValue = "float16",
      converter = ElementType.class,
      description = "In which the features to train on are kept; float16 if absent.")
  public TensorType rowType;

  public List<Stage> resolve() {
    if (stages.isEmpty()) {
      return List.of(
          new Stage(
              unfreeze == null ? Unfreeze.NONE : new Unfreeze(unfreeze),
              epochs == null ? DEFAULT_EPOCHS : epochs,
              learningRate));
    }
    if (unfreeze != null || epochs != null) {
      throw new InvalidOptionException(
          "--stages says what is trained and for how long, and so does "
              + (unfreeze != null ? "--unfreeze" : "--epochs")
              + ". Leave one of them away.");
    }
    if (learningRate instanceof LearningRate.Searched) {
      throw new InvalidOptionException(
          "--learning-rate auto finds the rate of one training, and --stages are several. Name the"
              + " rates, such as head:5@1e-3,block5:10@1e-5.");
    }
    List<Stage> resolved = new ArrayList<>();
    for (String text : stages) {
      Matcher stage = STAGE.matcher(text.strip());
      if (!stage.matches()) {
        throw notAStage(text);
      }
      try {
        resolved.add(
            new Stage(
                stage.group(1).equals(HEAD) ? Unfreeze.NONE : new Unfreeze(stage.group(1)),
                Integer.parseInt(stage.group(2)),
                stage.group(3) == null
                    ? learningRate
                    : new LearningRate.Fixed(Double.parseDouble(stage.group(3)))));
      } catch (NumberFormatException e) {
        throw notAStage(text);
      }
    }
    return resolved;
  }

  private static InvalidOptionException notAStage(String text) {
    return new InvalidOptionException(
        "'"
            + text
            + "' is no stage: expected LAYERS:EPOCHS or LAYERS:EPOCHS@RATE, such as head:5 or"
            + " block5:10@1e-5.");
  }
}
