package io.graft.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.graft.nn.NetworkBlock;
import java.util.Map;

/** The epoch with the smallest validation loss so far, and its parameters. The first one wins. */
final class BestEpoch {

  private final ParameterCopy parameters;
  private double loss = Double.POSITIVE_INFINITY;
  private int epoch;

  /**
   * Creates the state before the first epoch.
   *
   * @param manager owns the copies of parameters
   */
  BestEpoch(NetworkBlock trained, NDManager manager) {
    this.parameters = new ParameterCopy(trained, name -> true, manager);
  }

  /** Copies the current parameters if an epoch's loss is the smallest so far. */
  void offer(int newEpoch, double newLoss) {
    if (newLoss < loss) {
      loss = newLoss;
      epoch = newEpoch;
      parameters.take();
    }
  }

  /** Returns the epoch, counted from 1; 0 before the first. */
  int epoch() {
    return epoch;
  }

  /** Returns its validation loss. */
  double loss() {
    return loss;
  }

  /** Returns this object's copies of its parameters by name; empty before the first epoch. */
  Map<String, NDArray> arrays() {
    return parameters.arrays();
  }

  /** Writes the parameters of that epoch into the layers. */
  void restore() {
    parameters.giveBack();
  }
}
