package io.graft.train;

import io.graft.runtime.DivergedException;
import java.util.List;
import java.util.Optional;

/**
 * The failure of a training whose numbers are no longer finite.
 *
 * @param learningRate of the stage
 * @param checkpoints where the last good state may be
 */
record Divergence(double learningRate, Optional<CheckpointFolder> checkpoints) {

  /** Images of a batch that are named one by one. */
  private static final int MOST_NAMED = 5;

  /** Met in a batch, counted from 1, of those images. */
  DivergedException inBatch(String what, int epoch, int batch, List<String> images) {
    int named = Math.min(MOST_NAMED, images.size());
    return failure(
        what
            + " in epoch "
            + epoch
            + ", batch "
            + batch
            + ", of "
            + String.join(", ", images.subList(0, named))
            + (named < images.size() ? " and " + (images.size() - named) + " more" : ""));
  }

  /** Met when so many batches of an epoch were done. */
  DivergedException afterBatch(String what, int epoch, int batches) {
    return failure(what + " in epoch " + epoch + " behind batch " + batches);
  }

  private DivergedException failure(String what) {
    return new DivergedException(
        what
            + ". The learning rate of "
            + learningRate
            + " is too high for these features; try a tenth of it."
            + checkpoints
                .flatMap(CheckpointFolder::newest)
                .map(
                    file ->
                        " The last good state is kept in "
                            + file
                            + "; --resume goes on from it with the same options, and comes to the same loss.")
                .orElse(""));
  }
}
