package io.graft.train;

import ai.djl.ndarray.NDManager;
import io.graft.data.SeededOrder;
import io.graft.eval.Evaluation;
import io.graft.features.FeatureStore;
import io.graft.nn.Layer;
import io.graft.nn.NetworkBlock;
import io.graft.recipe.Descent;
import io.graft.recipe.FitData;
import io.graft.recipe.FitOptions;
import io.graft.recipe.Loss;
import io.graft.recipe.Objective;
import io.graft.recipe.Optimizer;
import io.graft.recipe.Stage;
import io.graft.runtime.DivergedException;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Progress;
import io.graft.runtime.StoppedException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;

/**
 * Trains layers on stored rows, in an order of each epoch's own. The same rows, options and machine
 * give the same parameters, bit by bit.
 */
public final class TrainingLoop {

  /** Keeps the random numbers of dropout apart from those of the orders of epochs. */
  private static final long DROPOUT_STREAM = 1L << 32;

  private final NetworkBlock trained;
  private final NDManager manager;
  private final FitOptions options;
  private final int stageIndex;
  private final Stage stage;
  private final List<EpochMetrics> before;
  private final Optional<CheckpointFolder> checkpoints;
  private final Divergence divergence;
  private final RowScorer scorer;
  private final int classes;
  private final boolean dropsOut;

  /**
   * What training came to.
   *
   * @param history one entry per epoch of the stage
   * @param validation of {@code epoch}; empty without validation rows, and where rows have any
   *     number of classes
   * @param epoch the one whose parameters the layers have: the last, or with early stopping the
   *     best
   */
  public record Result(List<EpochMetrics> history, Optional<Evaluation> validation, int epoch) {}

  /** The loop of options with one stage, without checkpoints. */
  public TrainingLoop(NetworkBlock trained, NDManager manager, FitOptions options) {
    this(trained, manager, options, 0, List.of(), Optional.empty());
  }

  /**
   * The loop of one of the options' stages.
   *
   * @param trained layers behind the boundary, whose parameters are changed in place
   * @param manager where those parameters live
   * @param stage counted from 0
   * @param before the epochs of the stages before it, from which its own are counted on
   * @param checkpoints where it keeps its state, and takes it from if that is of this stage
   */
  public TrainingLoop(
      NetworkBlock trained,
      NDManager manager,
      FitOptions options,
      int stage,
      List<EpochMetrics> before,
      Optional<CheckpointFolder> checkpoints) {
    this.trained = trained;
    this.manager = manager;
    this.options = options;
    this.stageIndex = stage;
    this.stage = options.stages().get(stage);
    this.before = List.copyOf(before);
    this.checkpoints = checkpoints;
    this.divergence = new Divergence(this.stage.learningRate(), checkpoints);
    this.scorer = new RowScorer(trained, manager);
    this.classes = Math.toIntExact(trained.network().outputShape().size());
    this.dropsOut =
        trained.network().layers().stream().anyMatch(l -> l.layer() instanceof Layer.Dropout);
  }

  /**
   * Trains for all epochs, or until early stopping ends them. Rows that have any number of classes
   * ({@link FeatureStore#targets}) take binary cross-entropy; their top-1 is the share of rows that
   * have the class of their largest logit.
   *
   * @param validation rows to evaluate after each epoch; empty for none
   * @param watch asked after every step whether to stop
   * @param epochEnded given what every epoch gave
   * @throws DivergedException if the loss is no longer finite
   * @throws InvalidOptionException if early stopping or class weights do not go with the rows
   * @throws StoppedException if the watch asked for it
   */
  public Result run(
      FeatureStore train,
      Optional<FeatureStore> validation,
      Progress watch,
      Consumer<EpochMetrics> epochEnded) {
    new FitData(classes, train.targets().isPresent(), validation.isPresent())
        .requireUsable(options);
    int batch = Math.min(options.batchSize(), train.rows());
    int batches = (train.rows() + batch - 1) / batch;
    int accumulate = options.descent().accumulate();
    LearningRates rates =
        new LearningRates(
            options.descent().schedule(),
            stage.learningRate(),
            stage.epochs(),
            (batches + accumulate - 1) / accumulate);
    try (NDManager state = manager.newSubManager()) {
      TrainingStep step = step(train, state);
      BestEpoch best = new BestEpoch(trained, state);
      StageProgress progress =
          new StageProgress(
              trained, step, best, stageIndex, before, checkpoints.isPresent(), state);
      checkpoints.ifPresent(
          folder -> folder.takeState().ifPresent(taken -> progress.resume(taken, folder)));
      RowBatches rows = RowBatches.reused(train, batch, state);
      Optional<ValidationRows> validated =
          validation.map(
              store ->
                  new ValidationRows(store, classes, scorer, options.objective().loss(), state));
      Optional<Validated> last = Optional.empty();
      try {
        while (progress.epoch() <= stage.epochs() && !isPastBest(progress, best)) {
          trainEpoch(progress, train, rows, step, rates, watch);
          requireFiniteParameters(progress);
          last = validated.map(ValidationRows::score);
          OptionalDouble loss = OptionalDouble.empty();
          if (last.isPresent()) {
            loss = OptionalDouble.of(requireFinite(last.get().loss(), progress));
          }
          EpochTotals totals = progress.totals();
          EpochMetrics metrics =
              new EpochMetrics(
                  progress.epochOfAll(),
                  totals.loss() / totals.weight(),
                  (double) totals.correct() / train.rows(),
                  loss,
                  last.map(scored -> OptionalDouble.of(scored.top1()))
                      .orElse(OptionalDouble.empty()),
                  totals.learningRate());
          if (options.earlyStopping().isPresent()) {
            best.offer(progress.epoch(), loss.getAsDouble());
          }
          progress.epochEnded(metrics);
          epochEnded.accept(metrics);
          keepIfDue(progress, true);
          StoppedException.throwIfRequested(watch, "training");
        }
      } catch (StoppedException e) {
        progress.backToLastStep();
        throw stopped(progress);
      }
      if (stageIndex == options.stages().size() - 1) {
        checkpoints.ifPresent(folder -> folder.end(progress.state(), progress.arrays()));
      }
      int epoch = progress.history().size();
      if (options.earlyStopping().isPresent() && best.epoch() < epoch) {
        best.restore();
        epoch = best.epoch();
        last = Optional.empty();
      }
      Optional<Evaluation> evaluation =
          last.or(() -> validated.map(ValidationRows::score)).flatMap(Validated::evaluation);
      return new Result(List.copyOf(progress.history()), evaluation, before.size() + epoch);
    }
  }

  private boolean isPastBest(StageProgress progress, BestEpoch best) {
    return options.earlyStopping().isPresent()
        && progress.history().size() - best.epoch() >= options.earlyStopping().get();
  }

  private TrainingStep step(FeatureStore train, NDManager state) {
    Objective objective = options.objective();
    Descent descent = options.descent();
    if (FusedLinearStep.fits(trained.network(), options)) {
      return new FusedLinearStep(trained, (Optimizer.Adam) descent.optimizer(), state);
    }
    int labels = train.targets().map(targets -> targets.length).orElse(classes);
    float[] weights = objective.classWeights().of(train.labels(), labels);
    Optional<boolean[][]> targets =
        objective.loss() instanceof Loss.BinaryCrossEntropy
            ? Optional.of(LabelTargets.of(train, classes))
            : Optional.empty();
    return new AutogradStep(trained, objective.loss(), descent, weights, targets, state);
  }

  private void trainEpoch(
      StageProgress progress,
      FeatureStore train,
      RowBatches rows,
      TrainingStep step,
      LearningRates rates,
      Progress watch) {
    int size = options.batchSize();
    int accumulate = options.descent().accumulate();
    int epoch = progress.epochOfAll();
    int[] order =
        options
            .objective()
            .sampling()
            .order(train.labels(), SeededOrder.mix(options.seed(), epoch));
    int done = Math.min(order.length, Math.multiplyExact(progress.batches(), size));
    rows.begin(Arrays.copyOfRange(order, done, order.length), size, epoch);
    EpochTotals totals = progress.totals();
    for (int from = done, batch = progress.batches(); from < order.length; from += size, batch++) {
      int to = Math.min(order.length, from + size);
      double rate = rates.at(progress.epoch(), batch / accumulate, progress.history());
      boolean completes = (batch + 1) % accumulate == 0 || to == order.length;
      seedDropout(epoch, batch);
      try (NDManager scratch = manager.newSubManager()) {
        TrainingStep.Outcome outcome =
            step.run(
                rows.features(scratch, order, from, to),
                rows.labels(scratch, order, from, to),
                rate,
                completes);
        if (!Double.isFinite(outcome.loss())) {
          int[] ofBatch = Arrays.copyOfRange(order, from, to);
          throw diverged(outcome.loss(), batch + 1, ofBatch, progress, train);
        }
        totals = totals.plus(outcome, rate);
      }
      if (completes) {
        progress.stepped(batch + 1, totals);
        watch.advanced(
            Progress.Phase.TRAIN,
            (epoch - 1L) * order.length + to,
            (long) options.epochs() * order.length);
        keepIfDue(progress, false);
        StoppedException.throwIfRequested(watch, "training");
      }
    }
  }

  private void keepIfDue(StageProgress progress, boolean epochEnded) {
    boolean due =
        checkpoints
            .map(
                folder ->
                    epochEnded
                        ? folder.isDueAfterEpoch(progress.epochOfAll() - 1)
                        : folder.isDueAfterStep())
            .orElse(false);
    if (due) {
      keep(progress);
    }
  }

  private void keep(StageProgress progress) {
    requireFiniteParameters(progress);
    checkpoints.orElseThrow().write(progress.state(), progress.arrays());
  }

  /** Writes a checkpoint of the last step, where those are asked for. */
  private StoppedException stopped(StageProgress progress) {
    if (checkpoints.isPresent()) {
      keep(progress);
    }
    Optional<Path> newest = checkpoints.flatMap(CheckpointFolder::newest);
    String place =
        progress.batches() == 0
            ? "after epoch " + (progress.epochOfAll() - 1)
            : "in epoch " + progress.epochOfAll() + " after batch " + progress.batches();
    return new StoppedException(
        "Stopped "
            + place
            + newest
                .map(file -> "; the state is kept in " + file + ".")
                .orElse("; no state is kept, because this training writes no checkpoints."),
        newest);
  }

  /** From the batch's place alone, so that a batch drops the same however training came to it. */
  private void seedDropout(int epoch, int batch) {
    if (dropsOut) {
      long ofEpoch = SeededOrder.mix(options.seed(), DROPOUT_STREAM + epoch);
      manager.getEngine().setRandomSeed((int) SeededOrder.mix(ofEpoch, batch));
    }
  }

  /** The step behind the last loss can be the one that goes too far. */
  private void requireFiniteParameters(StageProgress progress) {
    float largest = progress.largestParameter();
    if (!Float.isFinite(largest)) {
      throw divergence.afterBatch(
          "A parameter became " + largest, progress.epochOfAll(), progress.batches());
    }
  }

  private double requireFinite(double loss, StageProgress progress) {
    if (!Double.isFinite(loss)) {
      throw divergence.afterBatch(
          "The validation loss became " + loss, progress.epochOfAll(), progress.batches());
    }
    return loss;
  }

  /** Keeps what was reached before the loss that is not finite, unless a checkpoint is there. */
  private DivergedException diverged(
      double loss, int batch, int[] rows, StageProgress progress, FeatureStore train) {
    if (checkpoints.isPresent() && checkpoints.get().newest().isEmpty()) {
      progress.backToLastStep();
      if (Float.isFinite(progress.largestParameter())) {
        checkpoints.get().write(progress.state(), progress.arrays());
      }
    }
    return divergence.inBatch(
        "The loss became " + loss,
        progress.epochOfAll(),
        batch,
        Arrays.stream(rows).mapToObj(train::name).distinct().toList());
  }
}
