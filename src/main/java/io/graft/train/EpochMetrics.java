package io.graft.train;

import java.util.OptionalDouble;

/**
 * What one epoch came to. Losses are mean cross-entropies in nats, top-1 are shares in [0, 1].
 *
 * @param epoch counted from 1
 * @param trainLoss mean over the epoch's rows, each measured before the step that used it
 * @param trainTop1 likewise
 * @param validationLoss after the epoch's last step; empty without validation rows
 * @param validationTop1 likewise
 */
public record EpochMetrics(
    int epoch,
    double trainLoss,
    double trainTop1,
    OptionalDouble validationLoss,
    OptionalDouble validationTop1) {}
