package io.graft.train;

import ai.djl.ndarray.NDArray;

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
