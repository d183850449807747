package io.graft.train;

import io.graft.runtime.InvalidOptionException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Where and how often a training writes checkpoints, and whether it resumes from one.
 *
 * @param folder for the two newest checkpoints of one training and nothing else; created with the
 *     first of them
 * @param everyTime write one after this time, not negative; empty for no limit
 * @param everyEpochs write one after this many epochs, at least 1; empty for no limit
 * @param resume whether to continue from the newest; otherwise the training starts from the
 *     beginning and replaces them
 * @param keep whether a checkpoint of the end of the training stays, to continue with more epochs
 */
public record Checkpoints(
    Path folder,
    Optional<Duration> everyTime,
    OptionalInt everyEpochs,
    boolean resume,
    boolean keep) {

  /** Checks every value. */
  public Checkpoints {
    if (everyTime.isPresent() && everyTime.get().isNegative()) {
      throw new InvalidOptionException(
          "The time between checkpoints is " + everyTime.get() + ": expected a positive time.");
    }
    if (everyEpochs.isPresent() && everyEpochs.getAsInt() < 1) {
      throw new InvalidOptionException(
          "The number of epochs between checkpoints is "
              + everyEpochs.getAsInt()
              + ": expected a whole number of at least 1.");
    }
  }

  /** Returns checkpoints every ten minutes, for a training that starts from the beginning. */
  public static Checkpoints in(Path folder) {
    return new Checkpoints(
        folder, Optional.of(Duration.ofMinutes(10)), OptionalInt.empty(), false, false);
  }

  /** Returns a copy that writes one after each such time, whatever the number of epochs. */
  public Checkpoints every(Duration time) {
    return new Checkpoints(folder, Optional.of(time), OptionalInt.empty(), resume, keep);
  }

  /** Returns a copy that writes one after each such number of epochs, whatever the time. */
  public Checkpoints everyEpochs(int epochs) {
    return new Checkpoints(folder, Optional.empty(), OptionalInt.of(epochs), resume, keep);
  }

  /** Returns a copy that resumes from the newest checkpoint if there is one, or does not. */
  public Checkpoints withResume(boolean other) {
    return new Checkpoints(folder, everyTime, everyEpochs, other, keep);
  }

  /** Returns a copy that keeps a checkpoint of the end of the training, or does not. */
  public Checkpoints withKeep(boolean other) {
    return new Checkpoints(folder, everyTime, everyEpochs, resume, other);
  }

  /** Removes the checkpoints. Call this after the model is saved. */
  public void remove() {
    new CheckpointFiles(folder).removeAll();
  }
}
