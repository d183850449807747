package io.graft.fit;

import io.graft.eval.Evaluation;
import io.graft.model.TransferModel;
import io.graft.train.EpochMetrics;
import java.util.List;
import java.util.Optional;

/**
 * A trained model with its metrics.
 *
 * @param history one entry per epoch
 * @param epoch the epoch whose parameters the model has
 * @param evaluation of that epoch; empty without validation images
 * @param seconds the time of the epochs
 */
public record FittedModel(
    TransferModel model,
    List<EpochMetrics> history,
    int epoch,
    Optional<Evaluation> evaluation,
    double seconds) {}
