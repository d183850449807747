package io.graft;

import io.graft.eval.MeanAndDeviation;
import io.graft.train.EpochMetrics;
import io.graft.train.LearningRateSearch;
import java.util.List;
import java.util.Optional;

/**
 * The result of a k-fold cross-validation: how good models are that are trained on a part of the
 * images and measured on the other part, and the model that is trained on all of them.
 *
 * @param folds in their order, at least two; every image is in one of them
 * @param fit on all images, without validation
 */
public record CrossValidation(List<Fold> folds, Fit fit) {

  /**
   * The result of the model that was trained on all other folds, on this one.
   *
   * @param images how many this fold has
   * @param history one entry per epoch
   * @param epoch the one that was measured: the last, or with early stopping the best
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

  /** Returns the mean and deviation of the folds' top-1, each fold counting alike. */
  public MeanAndDeviation top1() {
    return MeanAndDeviation.of(folds.stream().mapToDouble(Fold::top1).toArray());
  }
}
