package io.graft.runtime;

import java.nio.file.Path;
import java.util.Optional;

/** Reports that work was stopped on request. The message says which results are kept. */
public final class StoppedException extends GraftException {

  private final transient Optional<Path> checkpoint;

  /** Creates an exception for work that has no checkpoint. */
  public StoppedException(String message) {
    this(message, Optional.empty());
  }

  /** Creates an exception; {@code checkpoint} is the file to continue from, if there is one. */
  public StoppedException(String message, Optional<Path> checkpoint) {
    super(message, null);
    this.checkpoint = checkpoint;
  }

  /** Returns the checkpoint that the work can continue from, if there is one. */
  public Optional<Path> checkpoint() {
    return checkpoint;
  }

  /**
   * Throws an exception if a stop was requested.
   *
   * @param during what was going on, such as "images were read"; completes the message "Stopped
   *     while ..."
   * @throws StoppedException if {@code progress} requests a stop
   */
  public static void throwIfRequested(Progress progress, String during) {
    if (progress.stopRequested()) {
      throw new StoppedException("Stopped while " + during + ".");
    }
  }
}
