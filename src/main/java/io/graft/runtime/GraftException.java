package io.graft.runtime;

import java.util.List;

/**
 * The root of the failures that Graft reports on purpose. Its message says what happened, what was
 * received, what was expected and what to do. A program may show it to a person as it is. The
 * constructors take the message, the cause if there is one, and the names of {@link #settings}.
 */
public sealed class GraftException extends RuntimeException
    permits BadDataException,
        DeviceException,
        InvalidOptionException,
        OutputException,
        StoppedException,
        WeightsException {

  private final String[] settings;

  GraftException(String message, Throwable cause, String... settings) {
    super(message, cause);
    this.settings = settings.clone();
  }

  /**
   * Returns the names of the settings that can fix the error, such as {@code precision} or {@code
   * learning-rate}. For each, the command line has an option of the same name.
   */
  public final List<String> settings() {
    return List.of(settings);
  }
}
