package io.graft.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.util.Pair;
import io.graft.nn.NetworkBlock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How far the training of a stage has come: everything that the steps to come depend on, as it was
 * behind the last step.
 */
final class StageState {

  private final NetworkBlock trained;
  private final TrainingStep step;
  private final BestEpoch best;
  private final int stage;
  private final NDManager manager;
  private final List<EpochMetrics> before;
  private final List<EpochMetrics> history = new ArrayList<>();

  /**
   * The statistics of batch normalisation, which move with every batch and not with every step; not
   * taken where nothing is ever written.
   */
  private final Optional<ParameterCopy> statistics;

  private int batches;
  private EpochTotals totals = EpochTotals.NONE;

  /**
   * The beginning of a stage.
   *
   * @param before the epochs of the stages before it
   * @param kept whether checkpoints are written
   * @param manager owns copies
   */
  StageState(
      NetworkBlock trained,
      TrainingStep step,
      int stage,
      List<EpochMetrics> before,
      boolean kept,
      NDManager manager) {
    this.trained = trained;
    this.step = step;
    this.best = new BestEpoch(trained, manager);
    this.stage = stage;
    this.before = before;
    this.manager = manager;
    this.statistics =
        kept
            ? Optional.of(new ParameterCopy(trained, name -> name.contains(".running_"), manager))
            : Optional.empty();
    statistics.ifPresent(ParameterCopy::take);
  }

  /** Goes on from a checkpoint of the stage. */
  void resume(TrainingState state, CheckpointFolder folder) {
    history.addAll(state.ofStage());
    batches = state.batches();
    totals = state.totals();
    step.restore(state.steps());
    if (state.bestEpoch() > 0) {
      best.offer(state.bestEpoch(), state.bestLoss());
    }
    folder.fill(arrays());
    statistics.ifPresent(ParameterCopy::take);
  }

  /** A step is made, the last of so many batches of the epoch. */
  void stepped(int newBatches, EpochTotals newTotals) {
    batches = newBatches;
    totals = newTotals;
    statistics.ifPresent(ParameterCopy::take);
  }

  /**
   * Ends an epoch.
   *
   * @param rows how many it had
   * @param scores of the validation rows; empty without
   * @param keepsBest whether the parameters of the best epoch are kept
   */
  EpochMetrics endEpoch(int rows, Optional<ValidationRows.Scores> scores, boolean keepsBest) {
    EpochMetrics metrics =
        new EpochMetrics(
            epochOfAll(),
            totals.loss() / totals.weight(),
            (double) totals.correct() / rows,
            scores.isPresent() ? OptionalDouble.of(scores.get().loss()) : OptionalDouble.empty(),
            scores.isPresent()
                ? OptionalDouble.of(scores.get().evaluation().top1())
                : OptionalDouble.empty(),
            totals.learningRate());
    if (keepsBest) {
      best.offer(epoch(), metrics.validationLoss().getAsDouble());
    }
    history.add(metrics);
    batches = 0;
    totals = EpochTotals.NONE;
    return metrics;
  }

  /** Returns whether so many epochs have passed since the best one; never without a patience. */
  boolean isExhausted(Optional<Integer> patience) {
    return patience.isPresent() && history.size() - best.epoch() >= patience.get();
  }

  /** Returns the epoch of the stage with the smallest validation loss, counted from 1. */
  int bestEpoch() {
    return best.epoch();
  }

  /** Gives the layers the parameters of the best epoch; returns whether that was an earlier one. */
  boolean restoreBest() {
    boolean earlier = best.epoch() < history.size();
    if (earlier) {
      best.restore();
    }
    return earlier;
  }

  /** Takes back what batches behind the last step have changed. */
  void backToLastStep() {
    statistics.ifPresent(ParameterCopy::giveBack);
  }

  /** The epoch of the stage that is under way, counted from 1. */
  int epoch() {
    return history.size() + 1;
  }

  /** The same, counted through all stages. */
  int epochOfAll() {
    return before.size() + epoch();
  }

  /** How many of its batches are done. */
  int batches() {
    return batches;
  }

  /** What they came to. */
  EpochTotals totals() {
    return totals;
  }

  /** The stage's epochs that are over. */
  List<EpochMetrics> history() {
    return List.copyOf(history);
  }

  /** The largest absolute value of a parameter, or what is not finite. */
  float largestParameter() {
    float largest = 0;
    for (NDArray parameter : trained.arrays()) {
      try (NDManager scratch = manager.newSubManager()) {
        NDArray values = parameter.duplicate();
        values.attach(scratch);
        largest = Math.max(largest, values.abs().max().getFloat());
      }
    }
    return largest;
  }

  /** All of it but the arrays. */
  TrainingState state() {
    List<EpochMetrics> all = new ArrayList<>(before);
    all.addAll(history);
    return new TrainingState(
        stage, epoch(), batches, totals, step.state().steps(), best.epoch(), best.loss(), all);
  }

  /** The arrays by the names that they have in a checkpoint; they are those in use, not copies. */
  Map<String, NDArray> arrays() {
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    for (Pair<String, Parameter> parameter : trained.getParameters()) {
      arrays.put(parameter.getKey(), parameter.getValue().getArray());
    }
    step.state().arrays().forEach((name, array) -> arrays.put("optimizer." + name, array));
    best.arrays().forEach((name, array) -> arrays.put("best." + name, array));
    return arrays;
  }
}
