package io.graft;

import io.graft.eval.MeanAndDeviation;
import io.graft.train.EpochMetrics;
import io.graft.train.LearningRateSearch;
import java.util.List;
import java.util.Optional;

/**
 * The result of a k-fold cross-validation: the metrics of every fold, and the model trained on all
 * images.
 *
 * <pre>{@code
 * CrossValidation result =
 *     learner.crossValidate(images, 5, FitOptions.defaults(), FitListener.NONE);
 * System.out.println(result.top1().mean() + " ± " + result.top1().deviation());
 * result.fit().model().save(Path.of("flowers-model"));
 * }</pre>
 *
 * @param folds the folds in their order, at least two; every image is in exactly one fold
 * @param fit the result of training on all images, without validation
 */
public record CrossValidation(List<Fold> folds, Fit fit) {

  /**
   * The metrics of one fold, from the model that was trained on the other folds.
   *
   * @param images how many images this fold has
   * @param history the metrics of every epoch
   * @param epoch the epoch that {@link #top1} and {@link #loss} report: the last, or the best with
   *     early stopping
   * @param rateSearch how the learning rate was found on the other folds; empty if it was given
   */
  public record Fold(
      int images, List<EpochMetrics> history, int epoch, Optional<LearningRateSearch> rateSearch) {

    /** Returns the share of the fold's images whose class was predicted, in [0, 1]. */
    public double top1() {
      return measured().validationTop1().orElseThrow();
    }

    /** Returns the mean loss of the fold's images. */
    public double loss() {
      return measured().validationLoss().orElseThrow();
    }

    private EpochMetrics measured() {
      return history.get(epoch - 1);
    }
  }

  /** Returns the mean and deviation of the top-1 of the folds. Every fold has the same weight. */
  public MeanAndDeviation top1() {
    return MeanAndDeviation.of(folds.stream().mapToDouble(Fold::top1).toArray());
  }
}
