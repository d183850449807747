package io.graft.train;

import io.graft.runtime.InvalidOptionException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Where and how often a training writes checkpoints, and whether it resumes from one.
 *
 * @param folder the folder for the two newest checkpoints of one training, and for nothing else;
 *     the first checkpoint creates it
 * @param everyTime the time between two checkpoints, not negative; empty to ignore the time
 * @param everyEpochs the epochs between two checkpoints, at least 1; empty to ignore the epochs
 * @param resume whether to continue from the newest checkpoint; otherwise the training starts from
 *     the beginning and replaces the checkpoints
 * @param keep whether to keep a checkpoint of the finished training, so that more epochs can follow
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

  /** Returns a setting that writes a checkpoint every ten minutes and does not resume. */
  public static Checkpoints in(Path folder) {
    return new Checkpoints(
        folder, Optional.of(Duration.ofMinutes(10)), OptionalInt.empty(), false, false);
  }

  /** Returns a copy that writes a checkpoint at this interval, and not by epochs. */
  public Checkpoints every(Duration time) {
    return new Checkpoints(folder, Optional.of(time), OptionalInt.empty(), resume, keep);
  }

  /** Returns a copy that writes a checkpoint after every {@code epochs} epochs, and not by time. */
  public Checkpoints everyEpochs(int epochs) {
    return new Checkpoints(folder, Optional.empty(), OptionalInt.of(epochs), resume, keep);
  }

  /** Returns a copy that resumes from the newest checkpoint if there is one, or starts over. */
  public Checkpoints withResume(boolean other) {
    return new Checkpoints(folder, everyTime, everyEpochs, other, keep);
  }

  /** Returns a copy that keeps a checkpoint of the finished training, or keeps none. */
  public Checkpoints withKeep(boolean other) {
    return new Checkpoints(folder, everyTime, everyEpochs, resume, other);
  }

  /** Removes the checkpoints. Call this after the model is saved. */
  public void remove() {
    new CheckpointFiles(folder).removeAll();
  }
}
