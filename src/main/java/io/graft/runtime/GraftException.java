package io.graft.runtime;

/**
 * The root of every failure that Graft reports on purpose. Its message says what happened, what was
 * received, what was expected and what to do; a program may show it to a person as it is.
 */
public sealed class GraftException extends RuntimeException
    permits BadDataException,
        DeviceException,
        InvalidOptionException,
        OutputException,
        StoppedException,
        UnsupportedPrecisionException,
        WeightsException {

  private static final long serialVersionUID = 1L;

  GraftException(String message, Throwable cause) {
    super(message, cause);
  }
}
