package io.graft.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.graft.nn.NetworkBlock;
import java.util.Map;

/** The epoch with the smallest validation loss so far, the first of equals, and its parameters. */
final class BestEpoch {

  private final ParameterCopy parameters;
  private double loss = Double.POSITIVE_INFINITY;
  private int epoch;

  /**
   * Before any epoch.
   *
   * @param manager owns the copies of parameters
   */
  BestEpoch(NetworkBlock trained, NDManager manager) {
    this.parameters = new ParameterCopy(trained, name -> true, manager);
  }

  /** Takes an epoch, with the parameters as they are now, if its loss is the smallest. */
  void offer(int newEpoch, double newLoss) {
    if (newLoss < loss) {
      loss = newLoss;
      epoch = newEpoch;
      parameters.take();
    }
  }

  /** The epoch, counted from 1; 0 before the first. */
  int epoch() {
    return epoch;
  }

  /** Its validation loss. */
  double loss() {
    return loss;
  }

  /** Its parameters by name, this object's own; empty before the first. */
  Map<String, NDArray> arrays() {
    return parameters.arrays();
  }

  /** Gives the layers the parameters of that epoch. */
  void restore() {
    parameters.giveBack();
  }
}
