package io.graft.runtime;

import java.io.IOException;

/** A result cannot be written where it was asked for. */
public final class OutputException extends GraftException {

  private static final long serialVersionUID = 1L;

  /** An error without a deeper cause. */
  public OutputException(String message) {
    super(message, null);
  }

  /** An error caused by another. */
  public OutputException(String message, Throwable cause) {
    super(message, cause);
  }

  /** The temporary folder cannot be written. */
  public static OutputException ofTemporaryFolder(IOException cause) {
    return new OutputException(
        "Cannot write in "
            + System.getProperty("java.io.tmpdir")
            + ": "
            + cause.getMessage()
            + ". Expected a temporary folder with room; name another with"
            + " GRAFT_JAVA_OPTS=-Djava.io.tmpdir=DIR.",
        cause);
  }
}
