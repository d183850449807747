package io.graft.fit;

import ai.djl.ndarray.NDManager;
import io.graft.data.LabeledImages;
import io.graft.data.Split;
import io.graft.features.FeatureStore;
import io.graft.recipe.FitOptions;
import io.graft.recipe.Schedule;
import io.graft.recipe.Stage;
import io.graft.train.EpochMetrics;
import io.graft.train.LearningRateSearch;
import io.graft.train.RowScorer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/** Trains once per fold on the rows of the other folds. Keeps the metrics, but no models. */
public final class FoldTraining {

  private final StagedTraining training;
  private final FitOptions options;
  private final List<Fold> folds = new ArrayList<>();

  /** For each fold, how many epochs of each stage led to the parameters that were kept. */
  private final List<List<Integer>> epochs = new ArrayList<>();

  /** The logits of every row from the model of its fold; empty without calibration. */
  private final List<float[]> logits = new ArrayList<>();

  private final List<Integer> labels = new ArrayList<>();

  /**
   * The result of one fold.
   *
   * @param images how many images the fold has
   * @param history the metrics of every epoch
   * @param epoch the epoch whose metrics count: the last, or the best with early stopping
   * @param rateSearch how the learning rate was found; empty if it was given
   */
  public record Fold(
      int images, List<EpochMetrics> history, int epoch, Optional<LearningRateSearch> rateSearch) {}

  /**
   * Trains for all folds.
   *
   * @param stages the rows of all images in each stage
   */
  FoldTraining(StagedTraining training, FitTask task, List<StageRows> stages, int count) {
    this.training = training;
    this.options = task.options();
    LabeledImages usable = task.images().only(stages.get(0).train().images());
    for (Split split : usable.folds(count, options.seed())) {
      train(stages.stream().map(rows -> rows.split(split)).toList(), task.images());
      training.progress().note(described(count));
    }
  }

  private void train(List<StageRows> rows, LabeledImages images) {
    StageRows last = rows.get(rows.size() - 1);
    Optional<LearningRateSearch> search = RateSearch.run(training, options, last, images);
    FitOptions resolved = search.map(found -> found.applyTo(options)).orElse(options);
    FeatureStore fold = last.validation().orElseThrow().store();
    try (NDManager manager = last.frozen().layers().manager().newSubManager()) {
      StagedTraining.Result result = training.trainQuietly(resolved, rows, manager);
      folds.add(new Fold(fold.rows(), result.history(), result.last().epoch(), search));
      epochs.add(result.epochs());
      if (options.calibrate()) {
        logits.addAll(List.of(new RowScorer(result.layers(), manager).logits(fold)));
        IntStream.of(fold.labels()).forEach(labels::add);
      }
    }
  }

  private String described(int count) {
    Fold fold = folds.get(folds.size() - 1);
    EpochMetrics measured = fold.history().get(fold.epoch() - 1);
    return String.format(
        Locale.ROOT,
        "fold %d/%d  epoch %d  validation loss %.4f  top-1 %.3f",
        folds.size(),
        count,
        fold.epoch(),
        measured.validationLoss().orElseThrow(),
        measured.validationTop1().orElseThrow());
  }

  /** Returns the result of every fold. */
  public List<Fold> folds() {
    return List.copyOf(folds);
  }

  /**
   * Returns the options to train on all images without validation. With early stopping, the number
   * of epochs is the mean of the folds' best epochs.
   */
  FitOptions optionsForAll() {
    FitOptions unvalidated = options.withoutValidation();
    if (options.earlyStopping().isEmpty()) {
      return unvalidated;
    }
    int warmup =
        options.optimization().schedule() instanceof Schedule.Cosine cosine ? cosine.warmup() : 0;
    List<Stage> stages = new ArrayList<>();
    for (int i = 0; i < options.stages().size(); i++) {
      int stage = i;
      double mean = epochs.stream().mapToInt(each -> each.get(stage)).average().orElseThrow();
      stages.add(options.stages().get(i).withEpochs(Math.max(warmup + 1, (int) Math.round(mean))));
    }
    return unvalidated.withStages(stages);
  }

  /** Returns the temperature that fits the logits of all folds best; empty without calibration. */
  OptionalDouble temperature() {
    return options.calibrate()
        ? OptionalDouble.of(
            FittedDecision.temperature(
                logits.toArray(float[][]::new),
                labels.stream().mapToInt(Integer::intValue).toArray(),
                training.progress()))
        : OptionalDouble.empty();
  }
}
