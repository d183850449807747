package io.graft.runtime;

import java.io.IOException;

/** A result cannot be written to the given place. */
public final class OutputException extends GraftException {

  private static final long serialVersionUID = 1L;

  /** Creates an error; see {@link #settings} for the names of settings. */
  public OutputException(String message, String... settings) {
    super(message, null, settings);
  }

  /** Creates an error that another one has caused. */
  public OutputException(String message, Throwable cause, String... settings) {
    super(message, cause, settings);
  }

  /** Creates an error about a temporary folder that cannot be written. */
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
