package io.graft.train;

import io.graft.recipe.Loss;
import java.util.OptionalDouble;

/**
 * What one epoch came to. Losses are means over rows, of the cross-entropy in nats unless another
 * {@link Loss} was asked for; top-1 are shares in [0, 1].
 *
 * @param epoch counted from 1
 * @param trainLoss mean over the epoch's rows, each measured before the step that used it, with
 *     class weights and label smoothing where there are any
 * @param trainTop1 likewise
 * @param validationLoss after the epoch's last step, every class counting alike and without label
 *     smoothing; empty without validation rows
 * @param validationTop1 after the epoch's last step; empty without validation rows
 * @param learningRate of the epoch's last step
 */
public record EpochMetrics(
    int epoch,
    double trainLoss,
    double trainTop1,
    OptionalDouble validationLoss,
    OptionalDouble validationTop1,
    double learningRate) {}
