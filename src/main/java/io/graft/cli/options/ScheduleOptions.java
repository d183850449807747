package io.graft.cli.options;

import io.graft.recipe.Schedule;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Suggestions;
import java.util.List;
import java.util.function.Function;
import picocli.CommandLine.Option;

/** How the learning rate of a command changes during training. */
final class ScheduleOptions {

  private static final List<String> SCHEDULES =
      List.of("constant", "step", "cosine", "one-cycle", "plateau");

  /** The default of PyTorch's StepLR and ReduceLROnPlateau. */
  private static final double DEFAULT_GAMMA = 0.1;

  /** The default of PyTorch's ReduceLROnPlateau. */
  private static final int DEFAULT_PATIENCE = 10;

  @Option(
      names = "--schedule",
      paramLabel = "NAME",
      defaultValue = "constant",
      description =
          "How the learning rate changes: constant, step, cosine, one-cycle or plateau, as in"
              + " PyTorch; ${DEFAULT-VALUE} if absent.")
  private String schedule;

  @Option(
      names = "--step-size",
      paramLabel = "EPOCHS",
      description = "With step, which needs it: epochs between two reductions.")
  private Integer stepSize;

  @Option(
      names = "--gamma",
      paramLabel = "FACTOR",
      description = "With step or plateau: the factor of a reduction; 0.1 if absent.")
  private Double gamma;

  @Option(
      names = "--warmup",
      paramLabel = "EPOCHS",
      description = "With cosine: epochs in which the learning rate rises first; 0 if absent.")
  private Integer warmup;

  @Option(
      names = "--plateau-patience",
      paramLabel = "EPOCHS",
      description = "With plateau: epochs without a better loss before a reduction; 10 if absent.")
  private Integer patience;

  Schedule resolve() {
    String name = Suggestions.choose("schedule", schedule, SCHEDULES, Function.identity());
    requireUsed("--step-size", stepSize, List.of("step"));
    requireUsed("--gamma", gamma, List.of("step", "plateau"));
    requireUsed("--warmup", warmup, List.of("cosine"));
    requireUsed("--plateau-patience", patience, List.of("plateau"));
    double factor = gamma == null ? DEFAULT_GAMMA : gamma;
    return switch (name) {
      case "step" -> step(factor);
      case "cosine" -> new Schedule.Cosine(warmup == null ? 0 : warmup);
      case "one-cycle" -> new Schedule.OneCycle();
      case "plateau" ->
          new Schedule.Plateau(factor, patience == null ? DEFAULT_PATIENCE : patience);
      default -> new Schedule.Constant();
    };
  }

  private Schedule step(double factor) {
    if (stepSize == null) {
      throw new InvalidOptionException(
          "--schedule step needs the number of epochs between two reductions. Add --step-size, such as"
              + " --step-size 5.");
    }
    return new Schedule.Step(stepSize, factor);
  }

  private void requireUsed(String option, Object given, List<String> by) {
    if (given != null && !by.contains(schedule)) {
      throw new InvalidOptionException(
          option
              + " is for --schedule "
              + String.join(" or ", by)
              + ", but the schedule is "
              + schedule
              + ". Remove it, or name another schedule.");
    }
  }
}
