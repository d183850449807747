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
import picocli.CommandLine.Option;

/** The options for the optimizer, the learning rate schedule and the training steps. */
public final class DescentOptions {

  private static final List<String> OPTIMIZERS = List.of("adam", "adamw", "sgd", "rmsprop");

  private static final List<String> SCHEDULES =
      List.of("constant", "step", "cosine", "one-cycle", "plateau");

  /** The default factor of PyTorch's StepLR and ReduceLROnPlateau. */
  private static final double DEFAULT_GAMMA = 0.1;

  /** The default patience of PyTorch's ReduceLROnPlateau, in epochs. */
  private static final int DEFAULT_PATIENCE = 10;

  @Option(
      names = {"--batch-size", "--batch"},
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
      names = {"--weight-decay", "--wd"},
      paramLabel = "D",
      description =
          "Weight decay, of weights and not of biases; if absent 0.01 with adamw and 0 with the"
              + " others, or 0.05 in pretrain.")
  private Double weightDecay;

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
      paramLabel = "fp32|tf32|bf16",
      defaultValue = "fp32",
      description =
          "The precision of the trained layers: fp32, tf32 on a GPU for rounded factors, or bf16"
              + " for mixed precision with parameters in fp32; ${DEFAULT-VALUE} if absent.")
  private String precision;

  public Optimization resolve() {
    return new Optimization(
        optimizer(),
        schedule(),
        clipNorm == null ? OptionalDouble.empty() : OptionalDouble.of(clipNorm),
        accumulate,
        blockDecay,
        Suggestions.choose("train precision", precision, Optimization.TRAINED, Precision::word));
  }

  private Optimizer optimizer() {
    String name = Suggestions.choose("optimizer", optimizer, OPTIMIZERS, Function.identity());
    requireUsed("--momentum", momentum != null, "optimizer", name, "sgd", "rmsprop");
    requireUsed("--nesterov", nesterov, "optimizer", name, "sgd");
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

  private Schedule schedule() {
    String name = Suggestions.choose("schedule", schedule, SCHEDULES, Function.identity());
    requireUsed("--step-size", stepSize != null, "schedule", name, "step");
    requireUsed("--gamma", gamma != null, "schedule", name, "step", "plateau");
    requireUsed("--warmup", warmup != null, "schedule", name, "cosine");
    requireUsed("--plateau-patience", patience != null, "schedule", name, "plateau");
    double factor = gamma == null ? DEFAULT_GAMMA : gamma;
    return switch (name) {
      case "step" -> {
        if (stepSize == null) {
          throw new InvalidOptionException(
              "--schedule step needs the number of epochs between two reductions. Add --step-size,"
                  + " such as --step-size 5.");
        }
        yield new Schedule.Step(stepSize, factor);
      }
      case "cosine" -> new Schedule.Cosine(warmup == null ? 0 : warmup);
      case "one-cycle" -> new Schedule.OneCycle();
      case "plateau" ->
          new Schedule.Plateau(factor, patience == null ? DEFAULT_PATIENCE : patience);
      default -> new Schedule.Constant();
    };
  }

  private static void requireUsed(
      String option, boolean given, String of, String chosen, String... by) {
    if (given && !List.of(by).contains(chosen)) {
      throw new InvalidOptionException(
          "%s is for --%s %s, but the %s is %s. Remove it, or name another %s."
              .formatted(option, of, String.join(" or ", by), of, chosen, of));
    }
  }
}
