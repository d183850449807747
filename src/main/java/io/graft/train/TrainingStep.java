package io.graft.train;

import ai.djl.ndarray.NDArray;

/** One step of training: the gradients of a batch, and the optimizer's move along them. */
sealed interface TrainingStep permits AutogradStep, FusedLinearStep {

  /**
   * What a batch came to before its step.
   *
   * @param loss mean cross-entropy of its rows, in nats
   * @param correct how many rows have their largest logit at their label
   */
  record Outcome(double loss, long correct) {}

  /**
   * Makes a step, unless the loss is not finite.
   *
   * @param rows float16 or float32 (n, ...)
   * @param labels int64 (n)
   */
  Outcome run(NDArray rows, NDArray labels);
}
