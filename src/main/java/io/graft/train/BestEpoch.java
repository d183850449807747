package io.graft.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.graft.eval.Evaluation;
import io.graft.nn.GradientMode;
import io.graft.nn.NetworkBlock;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The epoch with the smallest validation loss so far, the first of equals, and its parameters. */
final class BestEpoch {

  private final NetworkBlock trained;
  private final NDManager manager;
  private final Map<String, NDArray> parameters = new LinkedHashMap<>();
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
  }

  /** Takes an epoch, with the parameters as they are now, if its loss is the smallest. */
  void offer(int newEpoch, double newLoss, Optional<Evaluation> newEvaluation) {
    if (newLoss < loss) {
      loss = newLoss;
      epoch = newEpoch;
      evaluation = newEvaluation;
      trained
          .getParameters()
          .forEach(
              parameter -> {
                NDArray array = parameter.getValue().getArray();
                copy(
                    array,
                    parameters.computeIfAbsent(
                        parameter.getKey(),
                        name -> manager.create(array.getShape(), array.getDataType())));
              });
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
    parameters.forEach((name, array) -> copy(array, trained.getParameters().get(name).getArray()));
  }

  private static void copy(NDArray from, NDArray to) {
    try (GradientMode changing = GradientMode.off()) {
      from.copyTo(to);
    }
  }
}
