package io.graft.train;

import io.graft.recipe.FitOptions;
import io.graft.recipe.Schedule;
import io.graft.recipe.Stage;
import java.util.List;

/**
 * The learning rates of a stage. A rate depends only on the schedule, the step and, for {@link
 * Schedule.Plateau}, the epochs before. So a checkpoint need not store the state of the schedule.
 */
record LearningRates(Schedule schedule, double learningRate, int epochs, int stepsPerEpoch) {

  /** The eps of ReduceLROnPlateau: a smaller reduction is skipped. */
  private static final double SMALLEST_FALL = 1e-8;

  /**
   * Returns the learning rates of a stage.
   *
   * @param batches the number of batches per epoch
   */
  static LearningRates of(FitOptions options, Stage stage, int batches) {
    int steps = (batches - 1) / options.optimization().accumulate() + 1;
    return new LearningRates(
        options.optimization().schedule(), stage.fixedRate(), stage.epochs(), steps);
  }

  /**
   * Returns the learning rate of a step.
   *
   * @param epoch the number of the epoch within the stage, counted from 1
   * @param step the index of the step within the epoch, counted from 0
   * @param history the metrics of the stage's earlier epochs
   */
  double at(int epoch, int step, List<EpochMetrics> history) {
    if (schedule instanceof Schedule.Step falling) {
      return learningRate * Math.pow(falling.gamma(), Math.floorDiv(epoch - 1, falling.size()));
    } else if (schedule instanceof Schedule.Cosine cosine) {
      return cosine(cosine, epoch - 1);
    } else if (schedule instanceof Schedule.OneCycle cycle) {
      return oneCycle(cycle, (epoch - 1L) * stepsPerEpoch + step);
    } else if (schedule instanceof Schedule.Plateau plateau) {
      return plateau(plateau, history);
    }
    return learningRate;
  }

  private double cosine(Schedule.Cosine cosine, int epoch) {
    if (epoch < cosine.warmup()) {
      double done = (double) epoch / cosine.warmup();
      return learningRate * (cosine.warmupStart() + (1 - cosine.warmupStart()) * done);
    }
    double done = (double) (epoch - cosine.warmup()) / (epochs - cosine.warmup());
    return halfCosine(learningRate, cosine.minimum(), done);
  }

  private double oneCycle(Schedule.OneCycle cycle, long step) {
    double start = learningRate / cycle.divFactor();
    double top = cycle.pctStart() * epochs * stepsPerEpoch - 1;
    double last = (double) epochs * stepsPerEpoch - 1;
    return step < top
        ? halfCosine(start, learningRate, step / top)
        : halfCosine(
            learningRate,
            start / cycle.finalDivFactor(),
            // If there is only one step, use the final rate; this avoids 0/0.
            last == top ? 1 : (step - top) / (last - top));
  }

  private double plateau(Schedule.Plateau plateau, List<EpochMetrics> history) {
    double rate = learningRate;
    double best = Double.POSITIVE_INFINITY;
    int bad = 0;
    int cooling = 0;
    for (EpochMetrics epoch : history) {
      double loss = epoch.validationLoss().orElse(epoch.trainLoss());
      if (loss < best * (1 - plateau.threshold())) {
        best = loss;
        bad = 0;
      } else {
        bad++;
      }
      if (cooling > 0) {
        cooling--;
        bad = 0;
      }
      if (bad > plateau.patience()) {
        double lower = Math.max(rate * plateau.factor(), plateau.minimum());
        rate = rate - lower > SMALLEST_FALL ? lower : rate;
        cooling = plateau.cooldown();
        bad = 0;
      }
    }
    return rate;
  }

  /** Returns the value at {@code done}, in [0, 1], of a half cosine between two numbers. */
  private static double halfCosine(double from, double to, double done) {
    return to + (from - to) / 2 * (1 + Math.cos(Math.PI * done));
  }
}
