package io.graft.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.graft.data.splits.SeededOrder;
import io.graft.eval.Evaluation;
import io.graft.features.FeatureStore;
import io.graft.nn.Layer;
import io.graft.nn.NetworkBlock;
import io.graft.recipe.FitData;
import io.graft.recipe.FitOptions;
import io.graft.recipe.SeedStream;
import io.graft.recipe.Stage;
import io.graft.runtime.Progress;
import io.graft.runtime.StoppedException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Trains layers on stored rows, which have a different order in each epoch. The same rows and
 * options on the same machine give exactly the same parameters.
 *
 * @param trained the layers after the boundary; training changes their parameters in place
 * @param manager the owner of those parameters
 * @param stage which of the options' stages to train, counted from 0
 * @param before the metrics of the epochs in earlier stages
 * @param folder where to write checkpoints, and where to look for a checkpoint of this stage to
 *     continue from; empty for a training without checkpoints
 */
public record TrainingLoop(
    NetworkBlock trained,
    NDManager manager,
    FitOptions options,
    int stage,
    List<EpochMetrics> before,
    Optional<CheckpointFolder> folder) {

  /**
   * The result of a stage.
   *
   * @param history the metrics of every epoch of the stage
   * @param evaluation the evaluation of the validation rows after {@code epoch}; empty without
   *     validation rows
   * @param epoch the epoch whose parameters the layers have, counted through all stages: the last,
   *     or the best with early stopping
   */
  public record Result(List<EpochMetrics> history, Optional<Evaluation> evaluation, int epoch) {}

  /** Copies the history. */
  public TrainingLoop {
    before = List.copyOf(before);
  }

  /** Creates a loop for options with one stage, without checkpoints. */
  public TrainingLoop(NetworkBlock trained, NDManager manager, FitOptions options) {
    this(trained, manager, options, 0, List.of(), Optional.empty());
  }

  /**
   * Trains for all epochs, or until early stopping ends them.
   *
   * @param validation the rows to evaluate after each epoch; empty for none
   * @param progress the receiver of progress; after every step it is asked whether to stop
   * @param epochEnded the receiver of the metrics of every epoch, on the calling thread
   * @throws io.graft.runtime.DivergedException if the loss is no longer finite
   * @throws io.graft.runtime.InvalidOptionException if the options do not suit the rows
   * @throws StoppedException if {@code progress} asks to stop
   */
  public Result run(
      FeatureStore train,
      Optional<FeatureStore> validation,
      Progress progress,
      Consumer<EpochMetrics> epochEnded) {
    new FitData(classes(), train.labelSets().multiLabel(), validation.isPresent())
        .requireUsable(options);
    Stage current = options.stages().get(stage);
    try (NDManager owner = manager.newSubManager()) {
      TrainingStep step = TrainingStep.of(trained, options, train, owner);
      StageState state = new StageState(this, step, owner);
      StageCheckpoints checkpoints = new StageCheckpoints(folder, state, current.fixedRate());
      checkpoints.resume();
      EpochRows rows = new EpochRows(train, options, owner);
      LearningRates rates = LearningRates.of(options, current, rows.batches());
      Optional<ValidationRows> validated =
          validation.map(store -> new ValidationRows(store, this, owner));
      Optional<ValidationRows.Scores> last = Optional.empty();
      StepQueue queue = new StepQueue(rows, checkpoints, owner);
      try {
        while (state.epoch() <= current.epochs() && !state.isExhausted(options.earlyStopping())) {
          trainEpoch(rows, rates, checkpoints, queue, progress);
          checkpoints.requireFiniteParameters();
          last = validated.map(ValidationRows::score);
          last.ifPresent(scores -> checkpoints.requireFinite(scores.loss()));
          epochEnded.accept(state.endEpoch(rows.rows(), last, options.earlyStopping().isPresent()));
          checkpoints.epochEnded();
          StoppedException.throwIfRequested(progress, "training");
        }
      } catch (StoppedException e) {
        queue.read();
        throw checkpoints.stopped();
      }
      if (stage == options.stages().size() - 1) {
        checkpoints.trainingEnded();
      }
      boolean restored = options.earlyStopping().isPresent() && state.restoreBest();
      if (restored || last.isEmpty()) {
        last = validated.map(ValidationRows::score);
      }
      return new Result(
          state.history(),
          last.map(ValidationRows.Scores::evaluation),
          before.size() + (restored ? state.bestEpoch() : state.history().size()));
    }
  }

  /** Returns how many logits the layers compute for a row. */
  int classes() {
    return Math.toIntExact(trained.network().outputShape().size());
  }

  private void trainEpoch(
      EpochRows rows,
      LearningRates rates,
      StageCheckpoints checkpoints,
      StepQueue queue,
      Progress progress) {
    StageState state = checkpoints.state();
    int accumulate = options.optimization().accumulate();
    int epoch = state.epochOfAll();
    rows.begin(epoch, state.batches());
    queue.begin();
    for (int batch = state.batches(); batch < rows.batches(); batch++) {
      double rate = rates.at(state.epoch(), batch / accumulate, state.history());
      boolean completes = (batch + 1) % accumulate == 0 || batch + 1 == rows.batches();
      seedDropout(epoch, batch);
      try (NDManager scratch = manager.newSubManager()) {
        NDArray features = rows.features(scratch, batch);
        NDArray labels = rows.labels(scratch, batch);
        queue.add(batch, rate, completes, state.step().run(features, labels, rate, completes));
      }
      if (completes) {
        queue.readIfDue();
        long done = (epoch - 1L) * rows.rows() + rows.start(batch + 1);
        progress.advanced(Progress.Phase.TRAIN, done, (long) options.epochs() * rows.rows());
        if (checkpoints.isDueAfterStep()) {
          queue.read();
          checkpoints.write();
        }
        StoppedException.throwIfRequested(progress, "training");
      }
    }
    queue.read();
  }

  /** Seeds the engine by epoch and batch, so that a resumed training drops the same values. */
  private void seedDropout(int epoch, int batch) {
    if (trained.network().layers().stream().anyMatch(l -> l.layer() instanceof Layer.Dropout)) {
      long ofEpoch = SeedStream.DROPOUT.seed(options.seed(), epoch);
      manager.getEngine().setRandomSeed((int) SeededOrder.mix(ofEpoch, batch));
    }
  }
}
