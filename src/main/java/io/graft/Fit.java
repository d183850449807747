package io.graft;

import io.graft.backbone.Agreement;
import io.graft.data.BadImage;
import io.graft.eval.Evaluation;
import io.graft.fit.FitRun;
import io.graft.model.TransferModel;
import io.graft.train.EpochMetrics;
import io.graft.train.LearningRateSearch;
import java.util.List;
import java.util.Optional;

/**
 * The result of a fit.
 *
 * <pre>{@code
 * try (TransferLearner learner = TransferLearner.of("vgg16")) {
 *   Fit fit = learner.fit(split.train(), split.validation(), FitOptions.defaults());
 *   fit.evaluation().ifPresent(evaluation -> System.out.println(evaluation.top1()));
 *   fit.model().save(Path.of("flowers-model"));
 * }
 * }</pre>
 *
 * @param model the trained model. It is usable while its learner is open. To use it later, save it
 *     and load it again.
 * @param history the metrics of every epoch
 * @param epoch the epoch whose parameters the model has: the last, or the best with early stopping
 * @param evaluation the evaluation on the validation images after that epoch; empty without
 *     validation images. It uses the thresholds of a multi-label model, but no fitted temperature.
 * @param rateSearch how the learning rate was found; empty if it was given
 * @param images how many images were used, training and validation together
 * @param skipped the images that could not be used
 * @param agreement how well the features of some images agree with fp32 features; empty for fp32
 * @param featureRowsComputed how many images went through the frozen layers
 * @param featureRowsReused how many images already had stored features
 * @param extractSeconds how long the extraction of features took, including decoding
 * @param trainSeconds how long the epochs took
 */
public record Fit(
    TransferModel model,
    List<EpochMetrics> history,
    int epoch,
    Optional<Evaluation> evaluation,
    Optional<LearningRateSearch> rateSearch,
    int images,
    List<BadImage> skipped,
    Optional<Agreement> agreement,
    int featureRowsComputed,
    int featureRowsReused,
    double extractSeconds,
    double trainSeconds) {

  /** Returns the result of a run for one of its trainings. */
  static Fit of(FitRun run, FitRun.Fitted trained) {
    return new Fit(
        trained.model(),
        trained.training().history(),
        trained.training().last().epoch(),
        trained.evaluation(),
        run.rateSearch(),
        run.rows().images(),
        run.rows().skipped(),
        run.rows().agreement(),
        run.rows().computed(),
        run.rows().reused(),
        run.rows().seconds(),
        trained.training().seconds());
  }

  /** Returns a readable text with the model and the metrics of its epoch. */
  @Override
  public String toString() {
    return "Fit[" + model + ", " + images + " images, " + history.get(epoch - 1) + "]";
  }
}
