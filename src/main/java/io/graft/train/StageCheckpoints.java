package io.graft.train;

import io.graft.runtime.DivergedException;
import io.graft.runtime.StoppedException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Writes checkpoints of a stage when one is due, when the user stops the training, and when the
 * training diverges. Writes nothing for a training without checkpoints.
 *
 * @param folder the folder to write to; empty for a training without checkpoints
 * @param learningRate the learning rate of the stage, for messages
 */
record StageCheckpoints(Optional<CheckpointFolder> folder, StageState state, double learningRate) {

  /** The largest number of images that a message lists. */
  private static final int MOST_NAMED = 5;

  /** Continues from the checkpoint of this stage, if there is one. */
  void resume() {
    folder.ifPresent(from -> from.takeState().ifPresent(taken -> state.resume(taken, from)));
  }

  /** Returns whether a checkpoint is due after a step. */
  boolean isDueAfterStep() {
    return folder.filter(CheckpointFolder::isDueAfterStep).isPresent();
  }

  /** Writes a checkpoint after a step. */
  void write() {
    folder.ifPresent(this::write);
  }

  /** Writes a checkpoint if one is due after an epoch. */
  void epochEnded() {
    folder.filter(f -> f.isDueAfterEpoch(state.epochOfAll() - 1)).ifPresent(this::write);
  }

  /** Keeps a checkpoint with the final state of the training, if the user asked for that. */
  void trainingEnded() {
    folder.ifPresent(f -> f.end(state.state(), state.arrays()));
  }

  private void write(CheckpointFolder place) {
    requireFiniteParameters();
    place.write(state.state(), state.arrays());
  }

  /** Writes a checkpoint of the last step and returns the exception that ends the training. */
  StoppedException stopped() {
    state.backToLastStep();
    folder.ifPresent(this::write);
    String place = state.batches() == 0 ? " after epoch " + (state.epochOfAll() - 1) : afterBatch();
    String kept =
        newest()
            .map(file -> "the state is kept in " + file)
            .orElse("no state is kept, because this training writes no checkpoints");
    return new StoppedException("Stopped" + place + "; " + kept + ".", newest());
  }

  /** Checks that all parameters are finite. The last step may have diverged after its loss. */
  void requireFiniteParameters() {
    float largest = state.largestParameter();
    if (!Float.isFinite(largest)) {
      throw diverged("A parameter became " + largest + afterBatch());
    }
  }

  /** Checks that the validation loss of the epoch is finite. */
  void requireFinite(double validationLoss) {
    if (!Double.isFinite(validationLoss)) {
      throw diverged("The validation loss became " + validationLoss + afterBatch());
    }
  }

  private String afterBatch() {
    return " in epoch " + state.epochOfAll() + " after batch " + state.batches();
  }

  /**
   * Returns the exception for a batch whose loss is not finite. Writes the state before that batch
   * if there is no checkpoint yet.
   *
   * @param batch the number of the batch within the epoch, counted from 1
   * @param images the names of the batch's images
   */
  DivergedException diverged(double loss, int batch, List<String> images) {
    if (folder.isPresent() && newest().isEmpty()) {
      state.backToLastStep();
      if (Float.isFinite(state.largestParameter())) {
        folder.get().write(state.state(), state.arrays());
      }
    }
    int named = Math.min(MOST_NAMED, images.size());
    String names = String.join(", ", images.subList(0, named));
    String more = named < images.size() ? " and " + (images.size() - named) + " more" : "";
    return diverged(
        "The loss became %s in epoch %s, batch %s, of %s%s"
            .formatted(loss, state.epochOfAll(), batch, names, more));
  }

  private DivergedException diverged(String what) {
    String kept =
        newest()
            .map(
                file ->
                    " The last good state is kept in "
                        + file
                        + "; resumed with the same options, it diverges again.")
            .orElse("");
    return new DivergedException(
        "%s. The learning rate of %s is too high for these features; try a tenth of it.%s"
            .formatted(what, learningRate, kept));
  }

  private Optional<Path> newest() {
    return folder.flatMap(CheckpointFolder::newest);
  }
}
