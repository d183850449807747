package io.graft.cli.options;

import io.graft.recipe.Schedule;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Suggestions;
import java.util.List;
import java.util.function.Function;
import picocli.CommandLine.Option;

/** How a command changes the learning rate while it trains. */
final class ScheduleOptions {

  private static final List<String> SCHEDULES =
      List.of("constant", "step", "cosine", "one-cycle", "plateau");

  /** StepLR's and ReduceLROnPlateau's default. */
  private static final double TENTH = 0.1;

  /** ReduceLROnPlateau's default. */
  private static final int PATIENCE = 10;

  @Option(
      names = "--schedule",
      paramLabel = "NAME",
      defaultValue = "constant",
      description =
          "How the learning rate changes: constant, step, cosine, one-cycle or plateau, as PyTorch"
              + " has them; ${DEFAULT-VALUE} if absent.")
  private String schedule;

  @Option(
      names = "--step-size",
      paramLabel = "EPOCHS",
      description = "Of step: epochs between two falls; required with it.")
  private Integer stepSize;

  @Option(
      names = "--gamma",
      paramLabel = "FACTOR",
      description = "Of step and plateau: what a fall multiplies the rate with; 0.1 if absent.")
  private Double gamma;

  @Option(
      names = "--warmup",
      paramLabel = "EPOCHS",
      description = "Of cosine: epochs of rising before it falls; 0 if absent.")
  private Integer warmup;

  @Option(
      names = "--plateau-patience",
      paramLabel = "EPOCHS",
      description = "Of plateau: epochs without a better loss that are borne; 10 if absent.")
  private Integer patience;

  Schedule resolve() {
    String name = Suggestions.choose("schedule", schedule, SCHEDULES, Function.identity());
    requireUsed("--step-size", stepSize, List.of("step"));
    requireUsed("--gamma", gamma, List.of("step", "plateau"));
    requireUsed("--warmup", warmup, List.of("cosine"));
    requireUsed("--plateau-patience", patience, List.of("plateau"));
    double factor = gamma == null ? TENTH : gamma;
    return switch (name) {
      case "step" -> step(factor);
      case "cosine" -> new Schedule.Cosine(warmup == null ? 0 : warmup);
      case "one-cycle" -> new Schedule.OneCycle();
      case "plateau" -> new Schedule.Plateau(factor, patience == null ? PATIENCE : patience);
      default -> new Schedule.Constant();
    };
  }

  private Schedule step(double factor) {
    if (stepSize == null) {
      throw new InvalidOptionException(
          "--schedule step needs to know after how many epochs the rate falls. Add --step-size,"
              + " such as --step-size 5.");
    }
    return new Schedule.Step(stepSize, factor);
  }

  private void requireUsed(String option, Object given, List<String> by) {
    if (given != null && !by.contains(schedule)) {
      throw new InvalidOptionException(
          option
              + " is of --schedule "
              + String.join(" or ", by)
              + ", and the schedule is "
              + schedule
              + ". Leave it away, or name another schedule.");
    }
  }
}
