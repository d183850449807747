package io.graft.fetch;

import java.time.Duration;

/**
 * One attempt at a fetch that failed. The message says what happened, what was received and what
 * was expected; what to do is added by whoever gives up.
 */
final class FetchFailure extends Exception {

  private static final long serialVersionUID = 1L;

  /** What may help. */
  enum Next {
    /** Nothing that this process can do. */
    GIVE_UP,
    /** Another attempt, after a pause, from where this one stopped. */
    TRY_AGAIN,
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
   * A failure for which the server said how long to wait.
   *
   * @param askedPause the least pause before another attempt
   * @param settings names of settings that can help
   */
  FetchFailure(
      Next next, String message, Duration askedPause, Throwable cause, String... settings) {
    super(message, cause);
    this.next = next;
    this.askedPause = askedPause;
    this.settings = settings;
  }

  static FetchFailure giveUp(String message, String... settings) {
    return new FetchFailure(Next.GIVE_UP, message, Duration.ZERO, null, settings);
  }

  static FetchFailure tryAgain(String message) {
    return new FetchFailure(Next.TRY_AGAIN, message, null);
  }

  static FetchFailure startOver(String message) {
    return new FetchFailure(Next.START_OVER, message, null);
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
