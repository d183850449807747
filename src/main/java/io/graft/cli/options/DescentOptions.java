package io.graft.cli.options;

import io.graft.nn.Precision;
import io.graft.recipe.Optimization;
import io.graft.recipe.Optimizer;
import io.graft.recipe.Schedule;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Suggestions;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Function;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How a command makes its training steps. */
public final class DescentOptions {

  private static final List<String> OPTIMIZERS = List.of("adam", "adamw", "sgd", "rmsprop");

  @Option(
      names = "--optimizer",
      paramLabel = "NAME",
      defaultValue = "adam",
      description = "adam, adamw, sgd or rmsprop, as PyTorch has them; ${DEFAULT-VALUE} if absent.")
  private String optimizer;

  @Option(
      names = "--momentum",
      paramLabel = "M",
      description = "How much of its last move a step of sgd or rmsprop keeps; 0 if absent.")
  private Double momentum;

  @Option(names = "--nesterov", description = "With sgd and a momentum, Nesterov's.")
  private boolean nesterov;

  @Option(
      names = "--weight-decay",
      paramLabel = "D",
      description =
          "Of weights, not of biases; 0.01 with adamw and 0 with the others if absent, 0.05 in pretrain.")
  private Double weightDecay;

  @Mixin private ScheduleOptions schedule;

  @Option(
      names = "--clip-norm",
      paramLabel = "NORM",
      description = "Shorten gradients together to this norm; no limit if absent.")
  private Double clipNorm;

  @Option(
      names = "--accumulate",
      paramLabel = "N",
      defaultValue = "1",
      description = "Batches per step; 1 if absent.")
  private int accumulate;

  @Option(
      names = "--lr-decay-per-block",
      paramLabel = "D",
      defaultValue = "1",
      description =
          "Each trained block learns at this part of the rate of the block behind it, such as 0.3; 1 if"
              + " absent.")
  private double blockDecay;

  @Option(
      names = "--train-precision",
      paramLabel = "fp32|bf16",
      defaultValue = "fp32",
      description =
          "The arithmetic of the trained layers: fp32 (the default), or bf16 for mixed precision with"
              + " parameters in fp32.")
  private String arithmetic;

  public Optimization resolve() {
    Schedule resolved = schedule.resolve();
    return new Optimization(
        optimizer(),
        resolved,
        clipNorm == null ? OptionalDouble.empty() : OptionalDouble.of(clipNorm),
        accumulate,
        blockDecay,
        Suggestions.choose(
            "train precision",
            arithmetic,
            List.of(Precision.FP32, Precision.BF16),
            Precision::word));
  }

  private Optimizer optimizer() {
    String name = Suggestions.choose("optimizer", optimizer, OPTIMIZERS, Function.identity());
    boolean moving = name.equals("sgd") || name.equals("rmsprop");
    requireUsed("--momentum", momentum != null, moving, "sgd or rmsprop");
    requireUsed("--nesterov", nesterov, name.equals("sgd"), "sgd");
    double kept = momentum == null ? 0 : momentum;
    Optimizer chosen =
        switch (name) {
          case "adamw" -> new Optimizer.AdamW();
          case "sgd" -> new Optimizer.Sgd(kept, nesterov, 0);
          case "rmsprop" -> new Optimizer.RmsProp().withMomentum(kept);
          default -> new Optimizer.Adam();
        };
    return weightDecay == null ? chosen : chosen.withWeightDecay(weightDecay);
  }

  private void requireUsed(String option, boolean given, boolean used, String by) {
    if (given && !used) {
      throw new InvalidOptionException(
          option
              + " is of --optimizer "
              + by
              + ", and the optimizer is "
              + optimizer
              + ". Leave it away, or name another optimizer.");
    }
  }
}
