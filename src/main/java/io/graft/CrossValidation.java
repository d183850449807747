package io.graft;

import io.graft.eval.MeanAndDeviation;
import io.graft.train.EpochMetrics;
import io.graft.train.LearningRateSearch;
import java.util.List;
import java.util.Optional;

/**
 * What k-fold cross-validation came to: how good models are that some options train on a part of
 * the images, measured on the other part, and the model that they train on all of them.
 *
 * @param folds in their order, at least two; every image is in one of them
 * @param fit on all images, without validation
 */
public record CrossValidation(List<Fold> folds, Fit fit) {

  /**
   * What the model that was trained on all other folds came to on this one.
   *
   * @param images how many this fold has
   * @param history one entry per epoch
   * @param epoch the one that was measured: the last, or with early stopping the best
   * @param rateSearch how its learning rate was found on the other folds; empty if it was given
   */
  public record Fold(
      int images, List<EpochMetrics> history, int epoch, Optional<LearningRateSearch> rateSearch) {

    /** The share of the fold's images whose class was named. */
    public double top1() {
      return measured().validationTop1().orElseThrow();
    }

    /** The mean loss of the fold's images. */
    public double loss() {
      return measured().validationLoss().orElseThrow();
    }

    private EpochMetrics measured() {
      return history.get(epoch - 1);
    }
  }

  /** Of the folds' top-1, each fold counting alike. */
  public MeanAndDeviation top1() {
    return MeanAndDeviation.of(folds.stream().mapToDouble(Fold::top1).toArray());
  }
}
