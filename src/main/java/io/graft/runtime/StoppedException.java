package io.graft.runtime;

import java.nio.file.Path;
import java.util.Optional;

/** Reports that work ended early because it was asked to; the message says what is kept. */
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

  /** Returns the checkpoint that the work can continue from. */
  public Optional<Path> checkpoint() {
    return checkpoint;
  }

  /**
   * Stops the work if that was requested.
   *
   * @param during the rest of the message, as in "Stopped while (images were read)"
   * @throws StoppedException if {@code progress} asks for it
   */
  public static void throwIfRequested(Progress progress, String during) {
    if (progress.stopRequested()) {
      throw new StoppedException("Stopped while " + during + ".");
    }
  }
}
