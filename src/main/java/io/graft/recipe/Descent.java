package io.graft.recipe;

import io.graft.nn.Precision;
import io.graft.runtime.InvalidOptionException;
import io.graft.train.LearningRateSearch;
import java.util.List;
import java.util.OptionalDouble;

/**
 * How training makes its steps.
 *
 * @param optimizer how parameters move along their gradients
 * @param schedule how the learning rate changes
 * @param clipNorm the largest norm over all gradients together; a longer gradient is shortened to
 *     it, as PyTorch's {@code clip_grad_norm_} does; empty for no limit
 * @param accumulate how many batches make one step, at least 1; the step is that of one batch of
 *     all their rows. The last step of an epoch may have fewer.
 * @param blockDecay the part of a block's learning rate that the block before it has, in (0, 1]; 1
 *     for one rate everywhere
 * @param arithmetic of the trained layers: {@link Precision#FP32}, or {@link Precision#BF16} for
 *     mixed precision, whose parameters stay float32
 * @param rateSearch whether the learning rate is the best of {@link LearningRateSearch#LADDER} and
 *     not the stage's
 */
public record Descent(
    Optimizer optimizer,
    Schedule schedule,
    OptionalDouble clipNorm,
    int accumulate,
    double blockDecay,
    Precision arithmetic,
    boolean rateSearch) {

  /** Checks every value. */
  public Descent {
    clipNorm.ifPresent(
        norm -> {
          if (!(norm > 0) || Double.isInfinite(norm)) {
            throw new InvalidOptionException(
                "Clip norm is " + norm + ": expected a positive number, such as 1.");
          }
        });
    if (accumulate < 1) {
      throw new InvalidOptionException(
          "Accumulate is "
              + accumulate
              + ": expected a whole number of batches, at least 1, such as 4.");
    }
    if (!(blockDecay > 0 && blockDecay <= 1)) {
      throw new InvalidOptionException(
          "The learning rate's decay per block is "
              + blockDecay
              + ": expected a part above 0 and at most 1, such as 0.3.");
    }
    if (arithmetic != Precision.FP32 && arithmetic != Precision.BF16) {
      throw new InvalidOptionException(
          "Layers cannot be trained in "
              + arithmetic.word()
              + ": expected fp32, or bf16 for mixed precision.");
    }
  }

  /** Steps with one learning rate for all layers, in fp32. */
  public Descent(Optimizer optimizer, Schedule schedule, OptionalDouble clipNorm, int accumulate) {
    this(optimizer, schedule, clipNorm, accumulate, 1, Precision.FP32, false);
  }

  /** Adam at a constant rate, a step per batch. */
  public Descent() {
    this(new Optimizer.Adam(), new Schedule.Constant(), OptionalDouble.empty(), 1);
  }

  /** Checks that the stages can be trained so. */
  void requireFor(List<Stage> stages) {
    if (rateSearch && stages.size() > 1) {
      throw new InvalidOptionException(
          "A learning rate is searched for one stage, and there are "
              + stages.size()
              + ". Expected a rate with each; name them, and leave the search away.");
    }
    for (Stage stage : stages) {
      if (schedule instanceof Schedule.Cosine cosine && cosine.warmup() >= stage.epochs()) {
        throw new InvalidOptionException(
            "The schedule's warmup is "
                + cosine.warmup()
                + " of "
                + stage.epochs()
                + " epochs: expected fewer than all of them.");
      }
    }
  }

  public Descent withOptimizer(Optimizer other) {
    return new Descent(other, schedule, clipNorm, accumulate, blockDecay, arithmetic, rateSearch);
  }

  public Descent withSchedule(Schedule other) {
    return new Descent(optimizer, other, clipNorm, accumulate, blockDecay, arithmetic, rateSearch);
  }

  Descent withClipNorm(double norm) {
    return new Descent(
        optimizer,
        schedule,
        OptionalDouble.of(norm),
        accumulate,
        blockDecay,
        arithmetic,
        rateSearch);
  }

  Descent withAccumulate(int batches) {
    return new Descent(optimizer, schedule, clipNorm, batches, blockDecay, arithmetic, rateSearch);
  }

  Descent withBlockDecay(double part) {
    return new Descent(optimizer, schedule, clipNorm, accumulate, part, arithmetic, rateSearch);
  }

  Descent withArithmetic(Precision other) {
    return new Descent(optimizer, schedule, clipNorm, accumulate, blockDecay, other, rateSearch);
  }

  Descent withRateSearch(boolean other) {
    return new Descent(optimizer, schedule, clipNorm, accumulate, blockDecay, arithmetic, other);
  }
}
