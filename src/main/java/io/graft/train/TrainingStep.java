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
import java.util.Map;
import java.util.Optional;

/** A training step: computes the gradients of a batch and updates the parameters. */
sealed interface TrainingStep permits AutogradStep, FusedLinearStep {

  /**
   * The metrics of a batch before its step.
   *
   * @param loss mean of its rows, weighted by class
   * @param weight the sum of its rows' weights; without class weights the number of rows
   * @param correct how many rows have their largest logit at their label
   */
  record Outcome(double loss, double weight, long correct) {}

  /**
   * What an optimizer remembers between steps.
   *
   * @param steps how many it has made
   * @param arrays float32, each with the shape of its parameter, named by PyTorch's name, a point
   *     and the parameter's name: {@code exp_avg.head.weight}; the optimizer's own, not copies
   */
  record OptimizerState(long steps, Map<String, NDArray> arrays) {}

  /**
   * Creates the step for layers, options and rows.
   *
   * @param trained the layers; the step changes their parameters in place
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
   * Adds a batch's gradients to those of the step. After the last batch of the step, updates the
   * parameters. Does neither if the loss is not finite.
   *
   * @param rows float16 or float32 (n, ...)
   * @param labels int64 (n)
   * @param completes whether the batch is the last of its step
   */
  Outcome run(NDArray rows, NDArray labels, double learningRate, boolean completes);

  /** Returns what the optimizer remembers. */
  OptimizerState state();

  /**
   * Continues from a checkpoint; the caller fills the arrays of {@link #state}.
   *
   * @param steps how many the optimizer has made
   */
  void restore(long steps);
}
