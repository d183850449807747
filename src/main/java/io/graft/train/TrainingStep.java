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
   * @param loss the mean loss of the batch's rows, weighted by class
   * @param weight the sum of the weights of the batch's rows, which is the number of rows without
   *     class weights
   * @param correct how many rows have their largest logit at their label
   */
  record Outcome(double loss, double weight, long correct) {

    /**
     * Returns the outcome with the given values.
     *
     * @param values loss, weight and correct rows, in this order
     */
    static Outcome of(double... values) {
      return new Outcome(values[0], values[1], Math.round(values[2]));
    }
  }

  /**
   * The state that an optimizer keeps between steps.
   *
   * @param steps how many steps the optimizer has made
   * @param arrays the arrays in use, not copies, in float32 with the shapes of their parameters. A
   *     name is PyTorch's name of the state, a dot and the parameter's name, such as {@code
   *     exp_avg.head.weight}.
   */
  record OptimizerState(long steps, Map<String, NDArray> arrays) {}

  /**
   * Creates the step for layers, options and rows.
   *
   * @param trained the layers to train; the step changes their parameters in place
   * @param owner the owner of the optimizer's state
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
   * Adds the gradients of a batch to those of earlier batches in the same step. After the last
   * batch of the step, updates the parameters. From the first batch on whose loss is not finite,
   * changes no parameter and no state of the optimizer. Does not wait for the device, except with
   * {@link Optimizer.RmsProp}.
   *
   * @param rows the features of the batch, float16 or float32 (n, ...)
   * @param labels the labels of the rows, int64 (n)
   * @param completes whether the batch is the last of its step
   * @return the values of {@link Outcome#of}, float64 (3), owned by the rows' manager
   */
  NDArray run(NDArray rows, NDArray labels, double learningRate, boolean completes);

  /** Returns a number that is 1 if a loss was not finite, else 0: float32 (), on the device. */
  NDArray diverged();

  /** Returns the state of the optimizer. Counts steps that changed nothing, too. */
  OptimizerState state();

  /**
   * Sets the number of steps. The caller fills the arrays of {@link #state} from a checkpoint.
   *
   * @param steps how many steps the optimizer has made
   */
  void restore(long steps);
}
