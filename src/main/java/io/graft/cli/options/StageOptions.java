package io.graft.cli.options;

import io.graft.nn.Unfreeze;
import io.graft.recipe.LearningRate;
import io.graft.recipe.Stage;
import io.graft.runtime.InvalidOptionException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options for the stages of a training: its layers, epochs and learning rate. */
public final class StageOptions {

  /** {@code LAYERS:EPOCHS[@RATE]}. */
  private static final Pattern STAGE = Pattern.compile("([^:@]+):([0-9]+)(?:@([^:@]+))?");

  @Option(
      names = "--unfreeze",
      paramLabel = "LAYERS",
      description =
          "What to train besides the head: none, all, or every layer from a block or layer on, such as"
              + " block5 (or fc with --head fc); none if absent.")
  private String unfreeze;

  @Option(
      names = "--stages",
      paramLabel = "LAYERS:EPOCHS[@RATE][,...]",
      split = ",",
      description =
          "Train in stages instead of --unfreeze and --epochs: head:5,block5:10@1e-5 trains the head"
              + " for 5 epochs, then the head and block5 for 10 epochs at learning rate 1e-5.")
  private List<String> stages = List.of();

  @Mixin private EpochOptions epochs;

  /** Returns one or more stages in the order in which they are trained. */
  public List<Stage> resolve() {
    if (stages.isEmpty()) {
      return List.of(
          new Stage(
              unfreeze == null ? Unfreeze.NONE : new Unfreeze(unfreeze),
              epochs.epochs(),
              epochs.learningRate()));
    }
    if (unfreeze != null || epochs.given()) {
      throw new InvalidOptionException(
          "--stages and "
              + (unfreeze != null ? "--unfreeze" : "--epochs")
              + " both say what to train and for how long. Remove one of them.");
    }
    if (epochs.learningRate() instanceof LearningRate.Searched) {
      throw new InvalidOptionException(
          "--learning-rate auto searches for one learning rate, but --stages train with several. Name"
              + " them, such as head:5@1e-3,block5:10@1e-5.");
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
                stage.group(1).equals("head") ? Unfreeze.NONE : new Unfreeze(stage.group(1)),
                Integer.parseInt(stage.group(2)),
                stage.group(3) == null
                    ? epochs.learningRate()
                    : new LearningRate.Fixed(Double.parseDouble(stage.group(3)))));
      } catch (NumberFormatException e) {
        throw notAStage(text);
      }
    }
    return resolved;
  }

  private static InvalidOptionException notAStage(String text) {
    return new InvalidOptionException(
        ("'%s' is not a stage: expected LAYERS:EPOCHS or LAYERS:EPOCHS@RATE, such as head:5 or"
                + " block5:10@1e-5.")
            .formatted(text));
  }
}
