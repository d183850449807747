package io.graft;

import io.graft.backbone.Agreement;
import io.graft.data.BadImage;
import io.graft.eval.Evaluation;
import io.graft.eval.MultiLabelEvaluation;
import io.graft.model.TransferModel;
import io.graft.train.EpochMetrics;
import io.graft.train.LearningRateSearch;
import java.util.List;
import java.util.Optional;

/**
 * What a fit came to.
 *
 * @param model the trained model; usable while its learner is open, and any time once saved
 * @param history one entry per epoch
 * @param epoch the one whose parameters the model has: the last, or with early stopping the best
 * @param validation the evaluation of that epoch; empty without validation images, and where images
 *     have any number of classes
 * @param multiLabelValidation likewise where they have, at the model's thresholds
 * @param rateSearch how the learning rate was found; empty if it was given
 * @param images how many images were used, training and validation together
 * @param skipped the images that could not be used
 * @param agreement of the features with those of fp32, on a sample of the images that were new when
 *     the precision was chosen; empty for fp32
 * @param featureRowsComputed how many images went through the frozen layers
 * @param featureRowsReused how many images had their features already
 * @param extractSeconds the time that the frozen layers took, decoding included
 * @param trainSeconds the time that the epochs took
 */
public record Fit(
    TransferModel model,
    List<EpochMetrics> history,
    int epoch,
    Optional<Evaluation> validation,
    Optional<MultiLabelEvaluation> multiLabelValidation,
    Optional<LearningRateSearch> rateSearch,
    int images,
    List<BadImage> skipped,
    Optional<Agreement> agreement,
    int featureRowsComputed,
    int featureRowsReused,
    double extractSeconds,
    double trainSeconds) {}
