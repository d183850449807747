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

/** The optimizer and the training steps of a command. */
public final class DescentOptions {

  private static final List<String> OPTIMIZERS = List.of("adam", "adamw", "sgd", "rmsprop");

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      defaultValue = "32",
      description = "Images per batch; ${DEFAULT-VALUE} if absent.")
  public int batchSize;

  @Option(
      names = "--optimizer",
      paramLabel = "NAME",
      defaultValue = "adam",
      description = "adam, adamw, sgd or rmsprop, as in PyTorch; ${DEFAULT-VALUE} if absent.")
  private String optimizer;

  @Option(
      names = "--momentum",
      paramLabel = "M",
      description =
          "With sgd or rmsprop: the share of the last step to add to the next; 0 if absent.")
  private Double momentum;

  @Option(names = "--nesterov", description = "With sgd: use Nesterov's momentum.")
  private boolean nesterov;

  @Option(
      names = "--weight-decay",
      paramLabel = "D",
      description =
          "Weight decay, of weights and not of biases; if absent 0.01 with adamw and 0 with the others,"
              + " or 0.05 in pretrain.")
  private Double weightDecay;

  @Mixin private ScheduleOptions schedule;

  @Option(
      names = "--clip-norm",
      paramLabel = "NORM",
      description = "Scale the gradients down to this global norm; no limit if absent.")
  private Double clipNorm;

  @Option(
      names = "--accumulate",
      paramLabel = "N",
      defaultValue = "1",
      description = "Batches per step; ${DEFAULT-VALUE} if absent.")
  private int accumulate;

  @Option(
      names = "--lr-decay-per-block",
      paramLabel = "D",
      defaultValue = "1",
      description =
          "Factor from the learning rate of a trained block to that of the block before it, such as"
              + " 0.3; ${DEFAULT-VALUE} if absent.")
  private double blockDecay;

  @Option(
      names = "--train-precision",
      paramLabel = "fp32|bf16",
      defaultValue = "fp32",
      description =
          "The precision of the trained layers: fp32, or bf16 for mixed precision with parameters in"
              + " fp32; ${DEFAULT-VALUE} if absent.")
  private String precision;

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
            precision,
            List.of(Precision.FP32, Precision.BF16),
            Precision::word));
  }

  private Optimizer optimizer() {
    String name = Suggestions.choose("optimizer", optimizer, OPTIMIZERS, Function.identity());
    boolean hasMomentum = name.equals("sgd") || name.equals("rmsprop");
    requireUsed("--momentum", momentum != null, hasMomentum, "sgd or rmsprop");
    requireUsed("--nesterov", nesterov, name.equals("sgd"), "sgd");
    double share = momentum == null ? 0 : momentum;
    Optimizer chosen =
        switch (name) {
          case "adamw" -> new Optimizer.AdamW();
          case "sgd" -> new Optimizer.Sgd(share, nesterov, 0);
          case "rmsprop" -> new Optimizer.RmsProp().withMomentum(share);
          default -> new Optimizer.Adam();
        };
    return weightDecay == null ? chosen : chosen.withWeightDecay(weightDecay);
  }

  private void requireUsed(String option, boolean given, boolean used, String by) {
    if (given && !used) {
      throw new InvalidOptionException(
          option
              + " is for --optimizer "
              + by
              + ", but the optimizer is "
              + optimizer
              + ". Remove it, or name another optimizer.");
    }
  }
}
