package io.graft;

import io.graft.backbone.Agreement;
import io.graft.data.BadImage;
import io.graft.eval.Evaluation;
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
 * @param model the trained model; usable while its learner is open, and after that from its file
 * @param history one entry per epoch
 * @param epoch the epoch whose parameters the model has: the last, or with early stopping the best
 * @param evaluation of the validation images in that epoch, without a fitted temperature; for
 *     multi-label images at the model's thresholds; empty without validation images
 * @param rateSearch how the learning rate was found; empty if it was given
 * @param images how many images were used, training and validation together
 * @param skipped the images that could not be used
 * @param agreement of the features with those of fp32, on a sample of the images; empty for fp32
 * @param featureRowsComputed how many images went through the frozen layers
 * @param featureRowsReused how many images had features already
 * @param extractSeconds the time of the frozen layers, decoding included
 * @param trainSeconds the time of the epochs
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

  /** Returns the model and the metrics of its epoch, for people. */
  @Override
  public String toString() {
    return "Fit[" + model + ", " + images + " images, " + history.get(epoch - 1) + "]";
  }
}
