package io.graft.train;

import io.graft.runtime.InvalidOptionException;
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
 */
public record Descent(
    Optimizer optimizer, Schedule schedule, OptionalDouble clipNorm, int accumulate) {

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
  }

  /** Adam at a constant rate, a step per batch. */
  public Descent() {
    this(new Optimizer.Adam(), new Schedule.Constant(), OptionalDouble.empty(), 1);
  }

  Descent withOptimizer(Optimizer other) {
    return new Descent(other, schedule, clipNorm, accumulate);
  }

  Descent withSchedule(Schedule other) {
    return new Descent(optimizer, other, clipNorm, accumulate);
  }

  Descent withClipNorm(double norm) {
    return new Descent(optimizer, schedule, OptionalDouble.of(norm), accumulate);
  }

  Descent withAccumulate(int batches) {
    return new Descent(optimizer, schedule, clipNorm, batches);
  }
}
