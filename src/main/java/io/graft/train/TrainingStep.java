package io.graft.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.graft.data.LabelSets;
import io.graft.features.FeatureStore;
import io.graft.nn.NetworkBlock;
import io.graft.recipe.FitOptions;
import io.graft.recipe.Loss;
import io.graft.recipe.Objective;
import io.graft.recipe.Optimization;
import io.graft.recipe.Optimizer;
import java.util.Optional;

/** One step of training: the gradients of a batch, and the optimizer's move along them. */
sealed interface TrainingStep permits AutogradStep, FusedLinearStep {

  /**
   * What a batch came to before its step.
   *
   * @param loss mean of its rows, weighted by class
   * @param weight the sum of its rows' weights: their number where every class counts alike
   * @param correct how many rows have the class of their largest logit
   */
  record Outcome(double loss, double weight, long correct) {}

  /**
   * Returns the step that suits layers, options and rows.
   *
   * @param trained the layers; their parameters are changed in place
   * @param owner owns the optimizer's state
   */
  static TrainingStep of(
      NetworkBlock trained, FitOptions options, FeatureStore train, NDManager owner) {
    Objective objective = options.objective();
    Optimization optimization = options.optimization();
    if (FusedLinearStep.fits(trained.network(), options)) {
      return new FusedLinearStep(trained, (Optimizer.Adam) optimization.optimizer(), owner);
    }
    int classes = Math.toIntExact(trained.network().outputShape().size());
    LabelSets sets = train.labelSets().among(classes);
    float[] weights = objective.classWeights().of(train.labels(), sets.sets().size());
    Optional<boolean[][]> targets =
        objective.loss() instanceof Loss.BinaryCrossEntropy
            ? Optional.of(sets.targets())
            : Optional.empty();
    return new AutogradStep(trained, objective.loss(), optimization, weights, targets, owner);
  }

  /**
   * Adds a batch's gradients to those of the step and, if it is the step's last, moves the
   * parameters; does neither if the loss is not finite.
   *
   * @param rows float16 or float32 (n, ...)
   * @param labels int64 (n)
   * @param completes whether the batch is its step's last
   */
  Outcome run(NDArray rows, NDArray labels, double learningRate, boolean completes);

  /** What the optimizer remembers. */
  OptimizerState state();

  /**
   * Goes on behind so many steps, with the arrays of {@link #state} as they are at the next.
   *
   * @param steps how many the optimizer has made
   */
  void restore(long steps);
}
