package io.graft.train;

/** A checkpoint is not what was written; the message says what is wrong with it. */
final class DamagedCheckpointException extends Exception {

  private static final long serialVersionUID = 1L;

  DamagedCheckpointException(String message) {
    super(message);
  }
}
