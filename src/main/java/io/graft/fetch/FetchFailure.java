package io.graft.fetch;

import java.time.Duration;

/**
 * The failure of one attempt to fetch a file. The message says what happened, what was received and
 * what was expected. {@link FetchErrors} adds what to do.
 */
final class FetchFailure extends Exception {

  private static final long serialVersionUID = 1L;

  /** What may help. */
  enum Next {
    /** Nothing that this process can do. */
    FATAL,
    /** Another attempt, after a pause, from where this one stopped. */
    RETRY,
    /** Another attempt, from the first byte. */
    START_OVER
  }

  private final Next next;
  private final Duration askedPause;
  private final String[] settings;

  FetchFailure(Next next, String message, Throwable cause) {
    this(next, message, Duration.ZERO, cause);
  }

  /**
   * Creates a failure.
   *
   * @param askedPause the shortest pause before another attempt, as the server asks
   * @param settings names of settings that can help
   */
  FetchFailure(
      Next next, String message, Duration askedPause, Throwable cause, String... settings) {
    super(message, cause);
    this.next = next;
    this.askedPause = askedPause;
    this.settings = settings;
  }

  static FetchFailure fatal(String message, String... settings) {
    return new FetchFailure(Next.FATAL, message, Duration.ZERO, null, settings);
  }

  Next next() {
    return next;
  }

  Duration askedPause() {
    return askedPause;
  }

  String[] settings() {
    return settings.clone();
  }
}
