package io.graft;

import ai.djl.ndarray.NDManager;
import io.graft.data.LabeledImages;
import io.graft.data.Split;
import io.graft.features.FeatureStore;
import io.graft.recipe.FitOptions;
import io.graft.recipe.Schedule;
import io.graft.recipe.Stage;
import io.graft.train.LearningRateSearch;
import io.graft.train.RowScorer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/** Trains once per fold on the rows of the others, keeping what the folds say and no model. */
final class FoldTraining {

  private final StagedTraining training;
  private final FitOptions options;
  private final List<CrossValidation.Fold> folds = new ArrayList<>();

  /** For each fold how many epochs of each stage its model has. */
  private final List<List<Integer>> epochs = new ArrayList<>();

  /** Of every row, by the model that was not trained on it; none without calibration. */
  private final List<float[]> logits = new ArrayList<>();

  private final List<Integer> labels = new ArrayList<>();

  /**
   * Trains for all folds.
   *
   * @param stages the rows of all images
   * @param images all images that the rows may be of
   */
  FoldTraining(
      StagedTraining training,
      FitOptions options,
      List<StageRows> stages,
      LabeledImages images,
      int count) {
    this.training = training;
    this.options = options;
    LabeledImages usable = images.only(stages.get(0).train().images());
    for (Split split : usable.folds(count, options.seed())) {
      train(stages.stream().map(rows -> rows.split(split)).toList(), images);
      training.listener().note(described(count));
    }
  }

  private void train(List<StageRows> rows, LabeledImages images) {
    StageRows last = rows.get(rows.size() - 1);
    Optional<LearningRateSearch> search = RateSearch.ifWanted(training, options, last, images);
    FitOptions resolved = search.map(found -> found.applyTo(options)).orElse(options);
    FeatureStore fold = last.validation().orElseThrow().store();
    try (NDManager manager = last.frozen().prefix().manager().newSubManager()) {
      StagedTraining.Result result = training.train(resolved, rows, manager, FitListener.NONE);
      folds.add(
          new CrossValidation.Fold(fold.rows(), result.history(), result.last().epoch(), search));
      epochs.add(result.epochs());
      if (options.calibrate()) {
        logits.addAll(List.of(new RowScorer(result.layers(), manager).logits(fold)));
        IntStream.of(fold.labels()).forEach(labels::add);
      }
    }
  }

  private String described(int count) {
    CrossValidation.Fold fold = folds.get(folds.size() - 1);
    return String.format(
        Locale.ROOT,
        "fold %d/%d  epoch %d  validation loss %.4f  top-1 %.3f",
        folds.size(),
        count,
        fold.epoch(),
        fold.loss(),
        fold.top1());
  }

  /** What every fold came to. */
  List<CrossValidation.Fold> folds() {
    return List.copyOf(folds);
  }

  /**
   * How all images are trained on, with nothing to validate on: where folds stopped early, for as
   * many epochs as they were best behind, in the mean.
   */
  FitOptions optionsForAll() {
    FitOptions unvalidated = options.withoutValidation();
    if (options.earlyStopping().isEmpty()) {
      return unvalidated;
    }
    int warmup =
        options.descent().schedule() instanceof Schedule.Cosine cosine ? cosine.warmup() : 0;
    List<Stage> stages = new ArrayList<>();
    for (int i = 0; i < options.stages().size(); i++) {
      int stage = i;
      double mean = epochs.stream().mapToInt(each -> each.get(stage)).average().orElseThrow();
      stages.add(options.stages().get(i).withEpochs(Math.max(warmup + 1, (int) Math.round(mean))));
    }
    return unvalidated.withStages(stages);
  }

  /** The temperature that suits the folds' answers; empty without calibration. */
  OptionalDouble temperature() {
    return options.calibrate()
        ? OptionalDouble.of(
            FittedTemperature.of(
                logits.toArray(float[][]::new),
                labels.stream().mapToInt(Integer::intValue).toArray(),
                training.listener()))
        : OptionalDouble.empty();
  }
}
