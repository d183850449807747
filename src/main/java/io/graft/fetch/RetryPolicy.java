package io.graft.fetch;

import java.time.Duration;

/**
 * When a failed attempt is repeated: exponential back-off with jitter, so that many machines that
 * lost the same server do not return at the same instant.
 *
 * @param attempts how many attempts in a row may bring less than {@code progressBytes}
 * @param firstPause the pause after the first failure; each further one is twice as long
 * @param longestPause the longest pause, also for a pause that the server asks for
 * @param progressBytes an attempt that brings this much does not count as failed
 */
record RetryPolicy(int attempts, Duration firstPause, Duration longestPause, long progressBytes) {

  /** Five attempts with pauses of one second and more. */
  static final RetryPolicy STANDARD =
      new RetryPolicy(5, Duration.ofSeconds(1), Duration.ofSeconds(60), 1 << 20);

  /**
   * Returns the pause before the next attempt.
   *
   * @param failures how many attempts have failed in a row, at least 1
   * @param asked the pause that the server asked for
   * @param random uniform in [0, 1)
   */
  Duration pause(int failures, Duration asked, double random) {
    double doubled = firstPause.toMillis() * Math.pow(2, failures - 1);
    double limited = Math.min(doubled, (double) longestPause.toMillis());
    Duration jittered = Duration.ofMillis((long) (limited * (0.5 + random / 2)));
    Duration least = asked.compareTo(longestPause) > 0 ? longestPause : asked;
    return jittered.compareTo(least) > 0 ? jittered : least;
  }
}
