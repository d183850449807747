package io.graft.recipe;

import io.graft.nn.Precision;
import io.graft.runtime.InvalidOptionException;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The optimizer, the schedule, and the other settings of the training steps.
 *
 * @param optimizer the rule that updates the parameters from their gradients
 * @param schedule how the learning rate changes
 * @param clipNorm the largest joint norm of all gradients; larger gradients are scaled down to it,
 *     as in PyTorch's {@code clip_grad_norm_}; empty for no limit
 * @param accumulate how many batches make one step, at least 1. Such a step is the same as a step
 *     with one large batch. The last step of an epoch may have fewer batches.
 * @param blockDecay the learning rate of a block divided by that of the block after it, in (0, 1];
 *     1 for the same learning rate everywhere
 * @param precision the precision of the trained layers: {@link Precision#FP32}, {@link
 *     Precision#TF32} on a GPU, or {@link Precision#BF16} for mixed precision with float32
 *     parameters
 */
public record Optimization(
    Optimizer optimizer,
    Schedule schedule,
    OptionalDouble clipNorm,
    int accumulate,
    double blockDecay,
    Precision precision) {

  /** The precisions of trained layers. */
  public static final List<Precision> TRAINED =
      List.of(Precision.FP32, Precision.TF32, Precision.BF16);

  /** Checks every value. */
  public Optimization {
    clipNorm.ifPresent(
        norm ->
            Components.require(
                norm > 0 && Double.isFinite(norm),
                "Clip norm",
                norm,
                "a positive number, such as 1"));
    Components.require(
        accumulate >= 1,
        "Accumulate",
        accumulate,
        "a whole number of batches, at least 1, such as 4");
    Components.require(
        blockDecay > 0 && blockDecay <= 1,
        "The learning rate's decay per block",
        blockDecay,
        "a factor above 0 and at most 1, such as 0.3");
    Components.require(
        TRAINED.contains(precision),
        "The precision of the trained layers",
        precision.word(),
        "fp32, tf32 on a GPU, or bf16 for mixed precision");
  }

  /** Creates an optimization with one learning rate for all layers, in fp32. */
  public Optimization(
      Optimizer optimizer, Schedule schedule, OptionalDouble clipNorm, int accumulate) {
    this(optimizer, schedule, clipNorm, accumulate, 1, Precision.FP32);
  }

  /** Creates the default: Adam at a constant learning rate, with one step per batch. */
  public Optimization() {
    this(new Optimizer.Adam(), new Schedule.Constant(), OptionalDouble.empty(), 1);
  }

  /** Checks that the schedule suits the stages. */
  void requireFor(List<Stage> stages) {
    for (Stage stage : stages) {
      if (schedule instanceof Schedule.Cosine cosine && cosine.warmup() >= stage.epochs()) {
        throw new InvalidOptionException(
            "The schedule's warmup takes %s of %s epochs: expected fewer than all of them."
                .formatted(cosine.warmup(), stage.epochs()));
      }
    }
  }
}
