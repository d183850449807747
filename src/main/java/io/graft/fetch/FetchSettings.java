package io.graft.fetch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * The time limits and retries of a fetch, and what it uses of its surroundings.
 *
 * @param connectTimeout how long opening a connection may take
 * @param idleTimeout how long a connection may be silent, before the response and within it
 * @param retry the rule for repeating failed attempts
 * @param proxies the proxy for each address
 * @param tls the settings that say which servers to trust; empty for Java's own trust store
 * @param disk the source of the free space
 */
record FetchSettings(
    Duration connectTimeout,
    Duration idleTimeout,
    RetryPolicy retry,
    EnvironmentProxies proxies,
    Optional<SSLContext> tls,
    Disk disk) {

  /**
   * When a failed attempt is repeated. Pauses grow exponentially and have random jitter. So many
   * machines that lost the same server do not return at the same instant.
   *
   * @param attempts how many attempts in a row may fetch less than {@code progressBytes}
   * @param firstPause the pause after the first failure; each further pause is twice as long
   * @param longestPause the longest pause, also for a pause that the server asks for
   * @param progressBytes the number of bytes from which an attempt does not count as failed
   */
  record RetryPolicy(int attempts, Duration firstPause, Duration longestPause, long progressBytes) {

    /**
     * Returns the pause before the next attempt.
     *
     * @param failures how many attempts have failed in a row, at least 1
     * @param asked the pause that the server asked for
     * @param random a random number, uniform in [0, 1)
     */
    Duration pause(int failures, Duration asked, double random) {
      double doubled = firstPause.toMillis() * Math.pow(2, failures - 1);
      double limited = Math.min(doubled, (double) longestPause.toMillis());
      Duration jittered = Duration.ofMillis((long) (limited * (0.5 + random / 2)));
      Duration least = asked.compareTo(longestPause) > 0 ? longestPause : asked;
      return jittered.compareTo(least) > 0 ? jittered : least;
    }
  }

  /** Reports the free space of folders. */
  @FunctionalInterface
  interface Disk {
    /** Returns how many bytes can still be written in a folder. */
    long usableBytes(Path folder) throws IOException;
  }

  /** Returns the settings for use outside of tests. */
  static FetchSettings standard() {
    return new FetchSettings(
        Duration.ofSeconds(20),
        Duration.ofSeconds(30),
        new RetryPolicy(5, Duration.ofSeconds(1), Duration.ofSeconds(60), 1 << 20),
        new EnvironmentProxies(System::getenv),
        Optional.empty(),
        folder -> Files.getFileStore(folder).getUsableSpace());
  }

  /** Returns a duration as people read it, such as {@code 20 s} or {@code 400 ms}. */
  static String shown(Duration duration) {
    return duration.toMillis() % 1000 == 0
        ? duration.toSeconds() + " s"
        : duration.toMillis() + " ms";
  }
}
