package io.graft.runtime;

import java.nio.file.Path;

/**
 * Follows long work and says whether it should stop. The methods are called on the thread that does
 * the work, so they should be quick. Each does nothing unless overridden. Work that is asked to
 * stop ends with a {@link StoppedException} after its current block of a download, batch of images
 * or training step.
 */
public interface Progress {

  /** A listener that ignores all reports and never stops the work. */
  Progress NONE = new Progress() {};

  /** A part of the work that has a count. */
  enum Phase {
    /** Fetches weights; counts bytes. */
    FETCH,
    /** Decodes images whose features are not kept, to find the unusable ones. */
    CHECK,
    /** Runs the frozen layers; counts images. */
    EXTRACT,
    /** Trains; counts the rows of all epochs. */
    TRAIN
  }

  /**
   * Reports how much of a phase is done.
   *
   * @param done decreases if a download starts over
   * @param total -1 if it is unknown
   */
  default void advanced(Phase phase, long done, long total) {}

  /** Reports what is being done, without a count, such as {@code measuring bf16}. */
  default void doing(String activity) {}

  /** Reports a file that is skipped because it cannot be used. */
  default void skipped(Path file, String reason) {}

  /** Reports a line that every user should see. */
  default void note(String line) {}

  /** Reports a line for users who asked for details. */
  default void detail(String line) {}

  /** Returns whether the work should stop. */
  default boolean stopRequested() {
    return false;
  }

  /** Returns a progress that passes on counts, activities and stop requests, and no messages. */
  default Progress quietly() {
    Progress whole = this;
    return new Progress() {
      @Override
      public void advanced(Phase phase, long done, long total) {
        whole.advanced(phase, done, total);
      }

      @Override
      public void doing(String activity) {
        whole.doing(activity);
      }

      @Override
      public boolean stopRequested() {
        return whole.stopRequested();
      }
    };
  }
}
