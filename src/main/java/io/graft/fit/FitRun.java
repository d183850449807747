package io.graft.fit;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.graft.backbone.FrozenLayers;
import io.graft.eval.Evaluation;
import io.graft.eval.FeatureStatistics;
import io.graft.features.ContentDigests;
import io.graft.model.ModelCard;
import io.graft.model.TransferModel;
import io.graft.nn.FreezeBoundary;
import io.graft.nn.Precision;
import io.graft.recipe.FitOptions;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Progress;
import io.graft.train.CheckpointFolder;
import io.graft.train.Checkpoints;
import io.graft.train.EpochMetrics;
import io.graft.train.LearningRateSearch;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ObjIntConsumer;

/** A fit in progress: extracts the features of every stage once, then trains models on them. */
public final class FitRun implements AutoCloseable {

  private final PlannedBackbone backbone;
  private final FitTask task;
  private final Progress progress;
  private final ObjIntConsumer<EpochMetrics> epochEnded;
  private final StagedTraining training;
  private final Optional<CheckpointFolder> checkpoints;
  private final FitRows rows;
  private final Optional<FeatureStatistics> statistics;
  private final ContentDigests contents;
  private final Optional<LearningRateSearch> search;

  /**
   * A trained model.
   *
   * @param training the result of its training
   * @param evaluation the evaluation on the validation images; empty without validation images
   */
  public record Fitted(
      TransferModel model, StagedTraining.Result training, Optional<Evaluation> evaluation) {}

  /**
   * Extracts the features of every stage, and searches for the learning rate if the options ask for
   * it. If there is a checkpoint to resume, first compares it with this fit.
   *
   * @param backbone the backbone; the caller closes it after this run and its models
   * @param epochEnded the receiver of the metrics of every epoch, and of the total number of epochs
   * @throws io.graft.runtime.InvalidOptionException if a stage freezes layers that the stage before
   *     it trains
   * @throws io.graft.runtime.GraftException if the checkpoint belongs to another training
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
    requireDevice(options.optimization().precision(), backbone.devices().get(0));
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
    try {
      this.checkpoints.ifPresent(folder -> folder.check(TrainingFingerprint.rows(rows.stages())));
      this.statistics = rows.statistics();
      this.contents = rows.last().train().contents();
      this.search = RateSearch.run(training, options, rows.last(), task.images());
    } catch (RuntimeException | Error e) {
      rows.close();
      throw e;
    }
  }

  private static void requireDevice(Precision trained, Device device) {
    if (trained == Precision.TF32 && !device.isGpu()) {
      throw new InvalidOptionException(
          "The precision of the trained layers is tf32, which only NVIDIA GPUs have; the device is"
              + " cpu. Choose fp32 or bf16.",
          "train-precision",
          "device");
    }
  }

  private void checkBeforeComputing(CheckpointFolder folder, List<FreezeBoundary> boundaries) {
    folder.check(TrainingFingerprint.asked(backbone, task));
    List<FrozenLayers> frozen =
        boundaries.stream().map(each -> backbone.exact(each.frozen(), progress)).toList();
    // Check the last stage, because it trains the most layers.
    FreezeBoundary last = boundaries.get(boundaries.size() - 1);
    try (NDManager scratch = frozen.get(0).manager().newSubManager()) {
      String initial = training.block(last, task.options().seed(), scratch).parameterDigest();
      folder.check(TrainingFingerprint.weights(backbone, frozen, initial));
    }
  }

  /** Trains all stages with one seed, without checkpoints. */
  public Fitted train(long seed) {
    return train(task.options().withSeed(seed), OptionalDouble.empty(), Optional.empty());
  }

  /** Trains all stages with checkpoints. If it resumes, trains only what remains. */
  public Fitted train() {
    checkpoints.ifPresent(CheckpointFolder::begin);
    return train(task.options(), OptionalDouble.empty(), checkpoints);
  }

  /** Trains once per fold, on the images of the other folds. */
  public FoldTraining trainFolds(int count) {
    return new FoldTraining(training, task, rows.stages(), count);
  }

  /** Trains on all images, with the number of epochs and the temperature from the folds. */
  public Fitted trainAfter(FoldTraining folds) {
    return train(folds.optionsForAll(), folds.temperature(), Optional.empty());
  }

  private Fitted train(
      FitOptions options, OptionalDouble temperature, Optional<CheckpointFolder> folder) {
    FitOptions resolved = search.map(found -> found.applyTo(options)).orElse(options);
    StageRows last = rows.last();
    FrozenLayers frozen = last.frozen().layers();
    NDManager manager = frozen.manager().newSubManager();
    try {
      StagedTraining.Result trained =
          training.train(resolved, rows.stages(), manager, folder, epochEnded);
      FittedDecision decision =
          FittedDecision.fit(resolved, last, trained, manager, temperature, progress);
      ModelCard card =
          FittedCard.of(backbone, task, resolved, search, trained, last, decision.decision());
      TransferModel model =
          TransferModel.of(
              card,
              task.images().classes(),
              frozen,
              trained.layers(),
              manager,
              statistics,
              Optional.of(contents));
      return new Fitted(model, trained, decision.evaluation());
    } catch (RuntimeException | Error e) {
      manager.close();
      throw e;
    }
  }

  /** Returns how the learning rate was found; empty if it was given. */
  public Optional<LearningRateSearch> rateSearch() {
    return search;
  }

  /** Returns the features that the models are trained on. */
  public FitRows rows() {
    return rows;
  }

  @Override
  public void close() {
    rows.close();
  }
}
