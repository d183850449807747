package io.graft.runtime;

import java.nio.file.Path;

/**
 * Follows long work and says whether it should stop. Called on the thread that does the work, so
 * every method should be quick; each does nothing unless overridden. Work that is asked to stop
 * ends with a {@link StoppedException} after the piece that it is at: a block of a download, a
 * batch of images, a step of training.
 */
public interface Progress {

  /** Follows nothing and never stops the work. */
  Progress NONE = new Progress() {};

  /** A part of the work that is counted. */
  enum Phase {
    /** Fetches weights; counts bytes. */
    FETCH,
    /** Decodes images whose features are not kept, to find those that cannot be used. */
    CHECK,
    /** Runs the frozen layers; counts images. */
    EXTRACT,
    /** Trains; counts rows, those of all epochs together. */
    TRAIN
  }

  /**
   * Reports how far a phase is.
   *
   * @param done goes back where a download starts over
   * @param total -1 where nobody knows it
   */
  default void advanced(Phase phase, long done, long total) {}

  /** Reports a file that cannot be used and is left out. */
  default void skipped(Path file, String reason) {}

  /** Reports something that everybody should know, in one line. */
  default void note(String line) {}

  /** Reports something for those who asked for more, in one line. */
  default void detail(String line) {}

  /** Returns whether the work should stop. */
  default boolean stopRequested() {
    return false;
  }

  /** Returns a follower of a part of the work, which is counted and stopped and reports nothing. */
  default Progress quietly() {
    Progress whole = this;
    return new Progress() {
      @Override
      public void advanced(Phase phase, long done, long total) {
        whole.advanced(phase, done, total);
      }

      @Override
      public boolean stopRequested() {
        return whole.stopRequested();
      }
    };
  }
}
