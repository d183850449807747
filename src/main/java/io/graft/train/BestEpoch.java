package io.graft.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.graft.eval.Evaluation;
import io.graft.nn.ArrayCopies;
import io.graft.nn.NetworkBlock;
import java.util.List;
import java.util.Optional;

/** The epoch with the smallest validation loss so far, the first of equals, and its parameters. */
final class BestEpoch {

  private final NetworkBlock trained;
  private final NDManager manager;
  private final ArrayCopies copies;

  /** Copies of the layers' arrays, in their order; empty before the first epoch. */
  private List<NDArray> parameters = List.of();

  private double loss = Double.POSITIVE_INFINITY;
  private int epoch;
  private Optional<Evaluation> evaluation = Optional.empty();

  /**
   * Before any epoch.
   *
   * @param manager owns the copies of parameters
   */
  BestEpoch(NetworkBlock trained, NDManager manager) {
    this.trained = trained;
    this.manager = manager;
    this.copies = new ArrayCopies(manager);
  }

  /** Takes an epoch, with the parameters as they are now, if its loss is the smallest. */
  void offer(int newEpoch, double newLoss, Optional<Evaluation> newEvaluation) {
    if (newLoss < loss) {
      loss = newLoss;
      epoch = newEpoch;
      evaluation = newEvaluation;
      if (parameters.isEmpty()) {
        parameters =
            trained.arrays().stream()
                .map(array -> manager.create(array.getShape(), array.getDataType()))
                .toList();
      }
      copies.copy(trained.arrays(), parameters);
    }
  }

  /** The epoch, counted from 1. */
  int epoch() {
    return epoch;
  }

  /** What the epoch's validation came to, where rows have one class each. */
  Optional<Evaluation> evaluation() {
    return evaluation;
  }

  /** Gives the layers the parameters of that epoch. */
  void restore() {
    copies.copy(parameters, trained.arrays());
  }
}
