package io.graft;

import ai.djl.ndarray.NDManager;
import io.graft.backbone.FrozenPrefix;
import io.graft.data.BadImage;
import io.graft.data.LabeledImages;
import io.graft.data.Views;
import io.graft.eval.FeatureStatistics;
import io.graft.features.Extraction;
import io.graft.features.FeatureExtractor;
import io.graft.features.FeatureStore;
import io.graft.features.FreshViews;
import io.graft.model.ModelCard;
import io.graft.model.TransferModel;
import io.graft.nn.FreezeBoundary;
import io.graft.recipe.FitOptions;
import io.graft.runtime.InvalidOptionException;
import io.graft.train.CheckpointFolder;
import io.graft.train.Checkpoints;
import io.graft.train.LearningRateSearch;
import io.graft.train.RowStatistics;
import io.graft.zoo.BackboneSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ToIntFunction;

/**
 * A fit in progress: the rows of every stage, had once, and a model for each seed that is trained
 * on them.
 */
final class FitRun implements AutoCloseable {

  private final BackboneSpec backbone;
  private final LearnerOptions options;
  private final PlannedBackbone planned;
  private final LabeledImages images;
  private final FitOptions fitOptions;
  private final FitListener listener;

  private final Optional<CheckpointFolder> checkpoints;
  private final StagedTraining training;
  private final Optional<LabeledImages> validationImages;
  private final List<StageRows> stages = new ArrayList<>();
  private final Optional<FeatureStatistics> statistics;
  private final Optional<LearningRateSearch> search;

  /**
   * Has the rows of all stages.
   *
   * @param planned stays its caller's to close, after this and the models that this gives
   * @param checkpoints where {@link #fit()} keeps its state; empty for nowhere
   * @throws InvalidOptionException if a stage freezes what one before it trained
   * @throws io.graft.runtime.GraftException if the checkpoint to resume is of another training
   */
  FitRun(
      BackboneSpec backbone,
      LearnerOptions options,
      PlannedBackbone planned,
      LabeledImages images,
      Optional<LabeledImages> validation,
      FitOptions fitOptions,
      Optional<Checkpoints> checkpoints,
      FitListener listener) {
    this.backbone = backbone;
    this.options = options;
    this.planned = planned;
    this.images = images;
    this.fitOptions = fitOptions;
    this.listener = listener;
    FreezeBoundary head =
        fitOptions.head().attach(backbone.network(), fitOptions.hidden(), images.classes().size());
    this.training = new StagedTraining(backbone, options, head, listener);
    List<FreezeBoundary> boundaries =
        fitOptions.stages().stream().map(stage -> head.unfreeze(stage.unfreeze())).toList();
    StageRows.requireOpening(boundaries);
    this.validationImages = validation.map(v -> v.withClasses(images.classes()));
    this.checkpoints =
        checkpoints.map(place -> new CheckpointFolder(place, fitOptions, listener::note));
    this.checkpoints.ifPresent(folder -> checkBeforeComputing(folder, boundaries));
    boolean complete = false;
    try {
      for (int i = 0; i < boundaries.size(); i++) {
        boolean same = i > 0 && boundaries.get(i).index() == boundaries.get(i - 1).index();
        stages.add(same ? stages.get(i - 1) : rows(boundaries.get(i)));
      }
      this.checkpoints.ifPresent(folder -> folder.check(TrainingFingerprint.rows(stages)));
      this.statistics = statistics();
      this.search = RateSearch.ifWanted(training, fitOptions, last(), images);
      complete = true;
    } finally {
      if (!complete) {
        close();
      }
    }
  }

  private void checkBeforeComputing(CheckpointFolder folder, List<FreezeBoundary> boundaries) {
    folder.check(
        TrainingFingerprint.asked(backbone, options, fitOptions, images, validationImages));
    List<FrozenPrefix> frozen =
        boundaries.stream().map(each -> planned.exact(each.frozen(), listener)).toList();
    // Of the last stage, whose layers are those of all stages.
    FreezeBoundary last = boundaries.get(boundaries.size() - 1);
    try (NDManager scratch = frozen.get(0).manager().newSubManager()) {
      String initial = training.block(last, fitOptions.seed(), scratch).parameterDigest();
      folder.check(TrainingFingerprint.weights(options, frozen, initial));
    }
  }

  private StageRows rows(FreezeBoundary boundary) {
    List<LabeledImages> all = new ArrayList<>(List.of(images));
    validationImages.ifPresent(all::add);
    PlannedBackbone.Planned frozen = planned.plan(boundary.frozen(), all, listener);
    FeatureExtractor extractor =
        new FeatureExtractor(frozen.prefix(), options.cache(), fitOptions.onBadImage(), listener);
    Views views = fitOptions.views();
    Extraction train =
        views.isFresh()
            ? extractor.extract(
                images, options.rowType(), new FreshViews(views.augmentation(), fitOptions.seed()))
            : extractor.extract(
                images.withViews(views.augmentation(), views.perImage(), fitOptions.seed()),
                options.rowType());
    boolean complete = false;
    try {
      train.requireEveryClass(images);
      Optional<Extraction> validated =
          validationImages.map(other -> extractor.extract(other, options.rowType()));
      complete = true;
      return new StageRows(boundary, frozen, train, validated);
    } finally {
      if (!complete) {
        train.close();
      }
    }
  }

  /** Of the last stage's rows; none where reading them would compute them. */
  private Optional<FeatureStatistics> statistics() {
    FeatureStore store = last().train().store();
    NDManager manager = last().frozen().prefix().manager();
    if (!store.isKept()) {
      return Optional.empty();
    }
    return Optional.of(
        store.targets().isPresent()
            ? RowStatistics.ofAll(store, manager)
            : RowStatistics.of(store, images.classes().size(), manager));
  }

  private StageRows last() {
    return stages.get(stages.size() - 1);
  }

  /** Trains through all stages with one seed. */
  Fit fit(long seed) {
    return fit(fitOptions.withSeed(seed), OptionalDouble.empty(), Optional.empty());
  }

  /** Trains through all stages, or those that are left, with checkpoints. */
  Fit fit() {
    checkpoints.ifPresent(CheckpointFolder::begin);
    return fit(fitOptions, OptionalDouble.empty(), checkpoints);
  }

  /** Trains with every fold left out once, then on all rows. */
  CrossValidation crossValidate(int count) {
    FoldTraining folds = new FoldTraining(training, fitOptions, stages, images, count);
    return new CrossValidation(
        folds.folds(), fit(folds.optionsForAll(), folds.temperature(), Optional.empty()));
  }

  private Fit fit(
      FitOptions seeded, OptionalDouble temperature, Optional<CheckpointFolder> checkpoints) {
    FitOptions resolved = search.map(found -> found.applyTo(seeded)).orElse(seeded);
    NDManager manager = last().frozen().prefix().manager().newSubManager();
    boolean complete = false;
    try {
      StagedTraining.Result trained =
          training.train(resolved, stages, manager, listener, checkpoints);
      Fit fit = fit(resolved, trained, manager, temperature);
      complete = true;
      return fit;
    } finally {
      if (!complete) {
        manager.close();
      }
    }
  }

  private Fit fit(
      FitOptions seeded, StagedTraining.Result trained, NDManager manager, OptionalDouble given) {
    StageRows rows = last();
    double temperature =
        seeded.calibrate()
            ? FittedTemperature.of(
                trained.layers(), manager, rows.validation().orElseThrow(), listener)
            : given.orElse(ModelCard.UNCALIBRATED);
    Optional<MultiLabelAnswers> answers =
        images
            .labelSets()
            .map(
                sets -> MultiLabelAnswers.of(seeded, trained.layers(), manager, rows.validation()));
    ModelCard card =
        new ModelCard(
            backbone.name(),
            options.weights(),
            rows.frozen().prefix().weightDigest(),
            backbone.input().canonical(),
            seeded.head(),
            seeded.hidden(),
            seeded.stages().get(stages.size() - 1).unfreeze(),
            rows.train().store().type(),
            seeded.objective().loss().outputs(),
            rows.frozen().prefix().plan().precision(),
            rows.frozen().prefix().plan().scales(),
            temperature,
            answers.map(MultiLabelAnswers::thresholds),
            TrainingRecord.of(images, seeded, search, trained, options.devices(), rows));
    List<BadImage> skipped = new ArrayList<>(rows.train().skipped());
    rows.validation().ifPresent(validation -> skipped.addAll(validation.skipped()));
    return new Fit(
        TransferModel.of(
            card, images.classes(), rows.frozen().prefix(), trained.layers(), manager, statistics),
        trained.history(),
        trained.last().epoch(),
        answers.isPresent() ? Optional.empty() : trained.last().validation(),
        answers.flatMap(MultiLabelAnswers::validation),
        search,
        sum(List.of(rows), Extraction::files),
        List.copyOf(skipped),
        rows.frozen().choice().agreement(),
        sum(distinct(), Extraction::rowsComputed),
        sum(distinct(), Extraction::rowsReused),
        distinct().stream().mapToDouble(StageRows::seconds).sum(),
        trained.seconds());
  }

  /** The stages without those that share the rows of the one before them. */
  private List<StageRows> distinct() {
    List<StageRows> distinct = new ArrayList<>();
    for (StageRows stage : stages) {
      if (distinct.stream().noneMatch(other -> other.train() == stage.train())) {
        distinct.add(stage);
      }
    }
    return distinct;
  }

  private static int sum(List<StageRows> stages, ToIntFunction<Extraction> count) {
    return stages.stream()
        .mapToInt(
            rows ->
                count.applyAsInt(rows.train()) + rows.validation().map(count::applyAsInt).orElse(0))
        .sum();
  }

  @Override
  public void close() {
    distinct().forEach(StageRows::close);
  }
}
