package io.graft.runtime;

import java.io.IOException;

/** Reports that a result cannot be written to the given path. */
public final class OutputException extends GraftException {

  public OutputException(String message, String... settings) {
    super(message, null, settings);
  }

  public OutputException(String message, Throwable cause, String... settings) {
    super(message, cause, settings);
  }

  /** Creates the error for a temporary folder that cannot be written. */
  public static OutputException ofTemporaryFolder(IOException cause) {
    return new OutputException(
        ("Cannot write in %s: %s. Expected a temporary folder with room. Name another with"
                + " GRAFT_JAVA_OPTS=-Djava.io.tmpdir=DIR.")
            .formatted(System.getProperty("java.io.tmpdir"), cause.getMessage()),
        cause);
  }
}
