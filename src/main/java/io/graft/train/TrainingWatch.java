package io.graft.train;

/** Told how a training goes on and asked whether it shall, on the thread that trains. */
@FunctionalInterface
public interface TrainingWatch {

  /** An epoch is over. */
  void epochEnded(EpochMetrics metrics);

  /** So many of the {@code total} rows of an epoch are done. */
  default void stepped(int epoch, int done, int total) {}

  /** Whether to stop; asked behind every step. */
  default boolean stopRequested() {
    return false;
  }

  /** The image that a training row is of, for messages. */
  default String image(int row) {
    return "row " + row;
  }
}
