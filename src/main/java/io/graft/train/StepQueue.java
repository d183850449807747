package io.graft.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;

/**
 * The batches of an epoch whose outcomes are still on the device. A GPU computes one step while
 * Java prepares the next, so outcomes are read for many steps at once. Until then, the state of the
 * stage is that of the last step whose outcome was read.
 */
final class StepQueue {

  /** How long an outcome may wait. A CPU has usually computed it when the step returns. */
  private static final long MOST_NANOSECONDS = 100_000_000;

  private static final int MOST_BATCHES = 64;

  private final EpochRows rows;
  private final StageCheckpoints checkpoints;
  private final NDManager manager;
  private final List<Pending> pending = new ArrayList<>();

  /** The totals of the batches whose outcomes were read, including those of an unfinished step. */
  private TrainingState.Totals totals = TrainingState.Totals.NONE;

  private long readAt = System.nanoTime();

  /**
   * A batch whose outcome was not read.
   *
   * @param batch its index within the epoch
   * @param completes whether it is the last of its step
   * @param outcome see {@link TrainingStep#run}
   */
  private record Pending(int batch, double learningRate, boolean completes, NDArray outcome) {}

  /**
   * Creates a queue without batches.
   *
   * @param manager the owner of the outcomes
   */
  StepQueue(EpochRows rows, StageCheckpoints checkpoints, NDManager manager) {
    this.rows = rows;
    this.checkpoints = checkpoints;
    this.manager = manager;
  }

  /** Begins an epoch, which continues from the state of the stage. */
  void begin() {
    totals = checkpoints.state().totals();
  }

  /** Adds a batch that the step is computing. */
  void add(int batch, double learningRate, boolean completes, NDArray outcome) {
    outcome.attach(manager);
    pending.add(new Pending(batch, learningRate, completes, outcome));
    if (completes) {
      checkpoints.state().started();
    }
  }

  /** Reads the outcomes if they have waited long enough. */
  void readIfDue() {
    if (pending.size() >= MOST_BATCHES || System.nanoTime() - readAt >= MOST_NANOSECONDS) {
      read();
    }
  }

  /**
   * Waits for all outcomes and brings the state of the stage up to the last step.
   *
   * @throws io.graft.runtime.DivergedException if a loss is not finite; the state is then that of
   *     the step before
   */
  void read() {
    double[] values = values();
    List<Pending> done = List.copyOf(pending);
    pending.clear();
    StageState state = checkpoints.state();
    for (int i = 0; i < done.size(); i++) {
      Pending each = done.get(i);
      TrainingStep.Outcome outcome =
          TrainingStep.Outcome.of(values[3 * i], values[3 * i + 1], values[3 * i + 2]);
      if (!Double.isFinite(outcome.loss())) {
        long unmade = done.subList(i, done.size()).stream().filter(Pending::completes).count();
        state.step().restore(state.step().state().steps() - unmade);
        throw checkpoints.diverged(outcome.loss(), each.batch() + 1, rows.names(each.batch()));
      }
      totals = totals.plus(outcome, each.learningRate());
      if (each.completes()) {
        state.stepped(each.batch() + 1, totals);
      }
    }
    readAt = System.nanoTime();
  }

  /** Copies all outcomes from the device at once, and frees them. */
  private double[] values() {
    if (pending.isEmpty()) {
      return new double[0];
    }
    NDList outcomes = new NDList();
    pending.forEach(each -> outcomes.add(each.outcome()));
    try (NDArray all = NDArrays.stack(outcomes)) {
      return all.toDoubleArray();
    } finally {
      outcomes.close();
    }
  }
}
