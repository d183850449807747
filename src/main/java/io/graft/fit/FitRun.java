package io.graft.fit;

import ai.djl.ndarray.NDManager;
import io.graft.backbone.Agreement;
import io.graft.backbone.FrozenLayers;
import io.graft.backbone.Plan;
import io.graft.data.BadImage;
import io.graft.eval.FeatureStatistics;
import io.graft.model.ModelCard;
import io.graft.model.TransferModel;
import io.graft.nn.FreezeBoundary;
import io.graft.recipe.FitOptions;
import io.graft.runtime.Progress;
import io.graft.train.CheckpointFolder;
import io.graft.train.Checkpoints;
import io.graft.train.EpochMetrics;
import io.graft.train.LearningRateSearch;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ObjIntConsumer;

/**
 * A fit in progress: the features of every stage, extracted once, and the models trained on them.
 */
public final class FitRun implements AutoCloseable {

  private final PlannedBackbone backbone;
  private final FitTask task;
  private final Progress progress;
  private final ObjIntConsumer<EpochMetrics> epochEnded;
  private final StagedTraining training;
  private final Optional<CheckpointFolder> checkpoints;
  private final FitRows rows;
  private final Optional<FeatureStatistics> statistics;
  private final Optional<LearningRateSearch> search;

  /**
   * Extracts the features of every stage, and searches for the learning rate if that is asked for.
   * A checkpoint to continue from is compared before anything is computed.
   *
   * @param backbone stays its caller's to close, after this and the models that this trains
   * @param epochEnded receives the metrics of every epoch, and how many epochs there will be
   * @throws io.graft.runtime.InvalidOptionException if a stage freezes what the one before it
   *     trains
   * @throws io.graft.runtime.GraftException if the checkpoint is of another training
   */
  public FitRun(
      PlannedBackbone backbone,
      FitTask task,
      Optional<Checkpoints> checkpoints,
      Progress progress,
      ObjIntConsumer<EpochMetrics> epochEnded) {
    this.backbone = backbone;
    this.task = task;
    this.progress = progress;
    this.epochEnded = epochEnded;
    FitOptions options = task.options();
    FreezeBoundary head =
        options
            .head()
            .attach(backbone.spec().network(), options.hidden(), task.images().classes().size());
    List<FreezeBoundary> boundaries =
        options.stages().stream().map(stage -> head.unfreeze(stage.unfreeze())).toList();
    StageRows.requireOpening(boundaries);
    this.training = new StagedTraining(backbone, head, progress);
    this.checkpoints = checkpoints.map(place -> new CheckpointFolder(place, options, progress));
    this.checkpoints.ifPresent(folder -> checkBeforeComputing(folder, boundaries));
    this.rows = FitRows.extract(backbone, task, boundaries, progress);
    boolean complete = false;
    try {
      this.checkpoints.ifPresent(folder -> folder.check(TrainingFingerprint.rows(rows.stages())));
      this.statistics = rows.statistics();
      this.search = RateSearch.run(training, options, rows.last(), task.images());
      complete = true;
    } finally {
      if (!complete) {
        rows.close();
      }
    }
  }

  private void checkBeforeComputing(CheckpointFolder folder, List<FreezeBoundary> boundaries) {
    folder.check(TrainingFingerprint.asked(backbone, task));
    List<FrozenLayers> frozen =
        boundaries.stream().map(each -> backbone.exact(each.frozen(), progress)).toList();
    // The layers of the last stage are those of all stages.
    FreezeBoundary last = boundaries.get(boundaries.size() - 1);
    try (NDManager scratch = frozen.get(0).manager().newSubManager()) {
      String initial = training.block(last, task.options().seed(), scratch).parameterDigest();
      folder.check(TrainingFingerprint.weights(backbone, frozen, initial));
    }
  }

  /** Trains through all stages with one seed, without checkpoints. */
  public FittedModel train(long seed) {
    return train(task.options().withSeed(seed), OptionalDouble.empty(), Optional.empty());
  }

  /** Trains through all stages, or those that are left, with checkpoints. */
  public FittedModel train() {
    checkpoints.ifPresent(CheckpointFolder::begin);
    return train(task.options(), OptionalDouble.empty(), checkpoints);
  }

  /** Trains once per fold on the images of the others. */
  public FoldTraining trainFolds(int count) {
    return new FoldTraining(training, task, rows.stages(), count);
  }

  /** Trains on all images what the folds say is best. */
  public FittedModel trainAfter(FoldTraining folds) {
    return train(folds.optionsForAll(), folds.temperature(), Optional.empty());
  }

  private FittedModel train(
      FitOptions options, OptionalDouble temperature, Optional<CheckpointFolder> folder) {
    FitOptions resolved = search.map(found -> found.applyTo(options)).orElse(options);
    NDManager manager = rows.last().frozen().prefix().manager().newSubManager();
    boolean complete = false;
    try {
      StagedTraining.Result trained =
          training.train(resolved, rows.stages(), manager, folder, epochEnded);
      FittedDecision decision =
          FittedDecision.fit(
              resolved,
              task.images().labelSets().multiLabel(),
              trained,
              manager,
              rows.last().validation(),
              temperature,
              progress);
      TransferModel model =
          TransferModel.of(
              card(resolved, trained, decision),
              task.images().classes(),
              rows.last().frozen().prefix(),
              trained.layers(),
              manager,
              statistics);
      complete = true;
      return new FittedModel(
          model,
          trained.history(),
          trained.last().epoch(),
          decision.evaluation(),
          trained.seconds());
    } finally {
      if (!complete) {
        manager.close();
      }
    }
  }

  private ModelCard card(
      FitOptions options, StagedTraining.Result trained, FittedDecision decision) {
    FrozenLayers frozen = rows.last().frozen().prefix();
    Plan plan = frozen.plan();
    return new ModelCard(
        backbone.spec().name(),
        backbone.weights(),
        frozen.weightDigest(),
        backbone.spec().input().canonical(),
        options.head(),
        options.hidden(),
        options.stages().get(options.stages().size() - 1).unfreeze(),
        rows.last().train().store().type(),
        plan.precision(),
        plan.scales(),
        decision.decision(),
        TrainingRecord.of(backbone, task, options, search, trained, rows.last()));
  }

  /** Returns how the learning rate was found; empty if it was given. */
  public Optional<LearningRateSearch> rateSearch() {
    return search;
  }

  /** Returns how well the plan's features agree with those of fp32; empty for fp32. */
  public Optional<Agreement> agreement() {
    return rows.last().frozen().choice().agreement();
  }

  /** Returns how many images are used, training and validation together. */
  public int images() {
    return rows.images();
  }

  /** Returns the images that could not be used. */
  public List<BadImage> skipped() {
    return rows.skipped();
  }

  /** Returns how many images went through the frozen layers. */
  public int rowsComputed() {
    return rows.rowsComputed();
  }

  /** Returns how many images had features already. */
  public int rowsReused() {
    return rows.rowsReused();
  }

  /** Returns the time of the frozen layers, decoding included. */
  public double extractSeconds() {
    return rows.seconds();
  }

  @Override
  public void close() {
    rows.close();
  }
}
