package io.graft.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.util.Pair;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** The state of a stage after its most recent step, which is all that later steps depend on. */
final class StageState {

  private final TrainingLoop loop;
  private final TrainingStep step;
  private final NDManager manager;
  private final ParameterCopy best;
  private final List<EpochMetrics> history = new ArrayList<>();

  /**
   * A copy of the statistics of batch normalisation after the last step, because the batches of the
   * next step change them. Empty for a training without checkpoints.
   */
  private final Optional<ParameterCopy> statistics;

  /** The stage's epoch with the smallest validation loss, counted from 1; 0 before the first. */
  private int bestEpoch;

  private double bestLoss = Double.POSITIVE_INFINITY;

  private int batches;
  private TrainingState.Totals totals = TrainingState.Totals.NONE;

  /**
   * Creates the state at the beginning of a stage.
   *
   * @param manager the owner of the copies
   */
  StageState(TrainingLoop loop, TrainingStep step, NDManager manager) {
    this.loop = loop;
    this.step = step;
    this.manager = manager;
    this.best = new ParameterCopy(loop.trained(), name -> true, manager);
    this.statistics =
        loop.folder()
            .map(
                any ->
                    new ParameterCopy(loop.trained(), name -> name.contains(".running_"), manager));
    statistics.ifPresent(ParameterCopy::take);
  }

  /** Continues from a checkpoint of the stage. */
  void resume(TrainingState state, CheckpointFolder folder) {
    history.addAll(state.ofStage());
    batches = state.batches();
    totals = state.totals();
    step.restore(state.steps());
    if (state.bestEpoch() > 0) {
      keepBest(state.bestEpoch(), state.bestLoss());
    }
    folder.fill(arrays());
    statistics.ifPresent(ParameterCopy::take);
  }

  /** Records a step whose outcome is not known yet. */
  void started() {
    statistics.ifPresent(copy -> copy.takeUnless(step.diverged()));
  }

  /** Records that a step had finite losses. {@code newBatches} batches of the epoch are done. */
  void stepped(int newBatches, TrainingState.Totals newTotals) {
    batches = newBatches;
    totals = newTotals;
  }

  /**
   * Ends an epoch.
   *
   * @param rows how many rows the epoch had
   * @param scores the scores of the validation rows; empty without validation rows
   * @param keepsBest whether to keep the parameters of the best epoch
   */
  EpochMetrics endEpoch(int rows, Optional<ValidationRows.Scores> scores, boolean keepsBest) {
    EpochMetrics metrics =
        new EpochMetrics(
            epochOfAll(),
            totals.loss() / totals.weight(),
            (double) totals.correct() / rows,
            optional(scores.map(ValidationRows.Scores::loss)),
            optional(scores.map(each -> each.evaluation().top1())),
            totals.learningRate());
    double loss = metrics.validationLoss().orElse(Double.POSITIVE_INFINITY);
    if (keepsBest && loss < bestLoss) {
      keepBest(epoch(), loss);
    }
    history.add(metrics);
    batches = 0;
    totals = TrainingState.Totals.NONE;
    return metrics;
  }

  private static OptionalDouble optional(Optional<Double> value) {
    return value.map(OptionalDouble::of).orElse(OptionalDouble.empty());
  }

  private void keepBest(int epoch, double loss) {
    bestEpoch = epoch;
    bestLoss = loss;
    best.take();
  }

  /** Returns whether the last {@code patience} epochs were no better; false without a patience. */
  boolean isExhausted(Optional<Integer> patience) {
    return patience.isPresent() && history.size() - bestEpoch >= patience.get();
  }

  /** Returns the stage's epoch with the smallest validation loss, counted from 1. */
  int bestEpoch() {
    return bestEpoch;
  }

  /** Restores the parameters of the best epoch. Returns false if the best epoch is the last. */
  boolean restoreBest() {
    boolean earlier = bestEpoch < history.size();
    if (earlier) {
      best.giveBack();
    }
    return earlier;
  }

  /** Undoes the changes that batches after the last step made to the statistics. */
  void backToLastStep() {
    statistics.ifPresent(ParameterCopy::giveBack);
  }

  /** Returns the current epoch of the stage, counted from 1. */
  int epoch() {
    return history.size() + 1;
  }

  /** Returns the current epoch, counted through all stages from 1. */
  int epochOfAll() {
    return loop.before().size() + epoch();
  }

  TrainingStep step() {
    return step;
  }

  /** Returns how many batches of the current epoch are done. */
  int batches() {
    return batches;
  }

  /** Returns the totals of the current epoch's finished batches. */
  TrainingState.Totals totals() {
    return totals;
  }

  /** Returns the metrics of the stage's finished epochs. */
  List<EpochMetrics> history() {
    return List.copyOf(history);
  }

  /** Returns the largest absolute value of a parameter; NaN or infinity if one is not finite. */
  float largestParameter() {
    float largest = 0;
    for (NDArray parameter : loop.trained().arrays()) {
      try (NDManager scratch = manager.newSubManager()) {
        NDArray values = parameter.duplicate();
        values.attach(scratch);
        largest = Math.max(largest, values.abs().max().getFloat());
      }
    }
    return largest;
  }

  /** Returns the state without its arrays. */
  TrainingState state() {
    List<EpochMetrics> all = new ArrayList<>(loop.before());
    all.addAll(history);
    return new TrainingState(
        loop.stage(), epoch(), batches, totals, step.state().steps(), bestEpoch, bestLoss, all);
  }

  /** Returns the arrays by their names in a checkpoint. They are the arrays in use, not copies. */
  Map<String, NDArray> arrays() {
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    for (Pair<String, Parameter> parameter : loop.trained().getParameters()) {
      arrays.put(parameter.getKey(), parameter.getValue().getArray());
    }
    step.state().arrays().forEach((name, array) -> arrays.put("optimizer." + name, array));
    best.arrays().forEach((name, array) -> arrays.put("best." + name, array));
    return arrays;
  }
}
