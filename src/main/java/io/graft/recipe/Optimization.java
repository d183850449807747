package io.graft.recipe;

import io.graft.nn.Precision;
import io.graft.runtime.InvalidOptionException;
import java.util.List;
import java.util.OptionalDouble;

/**
 * How training makes its steps.
 *
 * @param optimizer how parameters move along their gradients
 * @param schedule how the learning rate changes
 * @param clipNorm the largest norm over all gradients together; longer gradients are scaled down to
 *     it, as PyTorch's {@code clip_grad_norm_} does; empty for no limit
 * @param accumulate how many batches make one step, at least 1; the step is that of one batch with
 *     all their rows. The last step of an epoch may have fewer.
 * @param blockDecay the learning rate of a block divided by that of the block after it, in (0, 1];
 *     1 for one learning rate everywhere
 * @param precision of the trained layers: {@link Precision#FP32}, or {@link Precision#BF16} for
 *     mixed precision, whose parameters stay float32
 */
public record Optimization(
    Optimizer optimizer,
    Schedule schedule,
    OptionalDouble clipNorm,
    int accumulate,
    double blockDecay,
    Precision precision) {

  /** Checks every value. */
  public Optimization {
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
              + ": expected a factor above 0 and at most 1, such as 0.3.");
    }
    if (precision != Precision.FP32 && precision != Precision.BF16) {
      throw new InvalidOptionException(
          "Layers cannot be trained in "
              + precision.word()
              + ": expected fp32, or bf16 for mixed precision.");
    }
  }

  /** Creates steps with one learning rate for all layers, in fp32. */
  public Optimization(
      Optimizer optimizer, Schedule schedule, OptionalDouble clipNorm, int accumulate) {
    this(optimizer, schedule, clipNorm, accumulate, 1, Precision.FP32);
  }

  /** Creates steps of Adam at a constant learning rate, one per batch. */
  public Optimization() {
    this(new Optimizer.Adam(), new Schedule.Constant(), OptionalDouble.empty(), 1);
  }

  /** Checks that the stages can be trained like this. */
  void requireFor(List<Stage> stages) {
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

  Optimization withOptimizer(Optimizer other) {
    return new Optimization(other, schedule, clipNorm, accumulate, blockDecay, precision);
  }

  Optimization withSchedule(Schedule other) {
    return new Optimization(optimizer, other, clipNorm, accumulate, blockDecay, precision);
  }

  Optimization withClipNorm(double norm) {
    OptionalDouble other = OptionalDouble.of(norm);
    return new Optimization(optimizer, schedule, other, accumulate, blockDecay, precision);
  }

  Optimization withAccumulate(int batches) {
    return new Optimization(optimizer, schedule, clipNorm, batches, blockDecay, precision);
  }

  Optimization withBlockDecay(double factor) {
    return new Optimization(optimizer, schedule, clipNorm, accumulate, factor, precision);
  }

  Optimization withPrecision(Precision other) {
    return new Optimization(optimizer, schedule, clipNorm, accumulate, blockDecay, other);
  }
}
