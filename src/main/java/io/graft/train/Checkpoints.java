package io.graft.train;

import io.graft.runtime.InvalidOptionException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Where a training keeps its state while it runs, how often, and whether it goes on from what is
 * there.
 *
 * @param folder holds the two newest checkpoints of one training and nothing else; made when the
 *     first is written
 * @param everyTime the longest time without one, not negative; empty for no matter how long
 * @param everyEpochs how many epochs one is behind the other, at least 1; empty for no matter how
 *     many
 * @param resume whether to go on from the newest, or else to start anew and replace what is there
 * @param keep whether one checkpoint of the end of the training stays, from which it can continue
 *     with more epochs
 */
public record Checkpoints(
    Path folder,
    Optional<Duration> everyTime,
    OptionalInt everyEpochs,
    boolean resume,
    boolean keep) {

  private static final Duration DEFAULT_TIME = Duration.ofMinutes(10);

  /** Checks every value. */
  public Checkpoints {
    if (everyTime.isPresent() && everyTime.get().isNegative()) {
      throw new InvalidOptionException(
          "Checkpoints are asked for every " + everyTime.get() + ": expected a positive time.");
    }
    if (everyEpochs.isPresent() && everyEpochs.getAsInt() < 1) {
      throw new InvalidOptionException(
          "Checkpoints are asked for every "
              + everyEpochs.getAsInt()
              + " epochs: expected a whole number of at least 1.");
    }
  }

  /** A checkpoint every ten minutes, of a training that starts anew. */
  public static Checkpoints in(Path folder) {
    return new Checkpoints(folder, Optional.of(DEFAULT_TIME), OptionalInt.empty(), false, false);
  }

  /** These, with a checkpoint whenever so much time has gone by, and for no other reason. */
  public Checkpoints every(Duration time) {
    return new Checkpoints(folder, Optional.of(time), OptionalInt.empty(), resume, keep);
  }

  /** These, with a checkpoint behind so many epochs, and for no other reason. */
  public Checkpoints everyEpochs(int epochs) {
    return new Checkpoints(folder, Optional.empty(), OptionalInt.of(epochs), resume, keep);
  }

  /** These, going on from the newest checkpoint, or from the beginning where there is none. */
  public Checkpoints withResume(boolean other) {
    return new Checkpoints(folder, everyTime, everyEpochs, other, keep);
  }

  /** Returns a copy that keeps a checkpoint of the end of the training, or does not. */
  public Checkpoints withKeep(boolean other) {
    return new Checkpoints(folder, everyTime, everyEpochs, resume, other);
  }

  /** Removes the checkpoints, once the training's result is kept elsewhere. */
  public void remove() {
    new CheckpointFiles(folder).removeAll();
  }
}
