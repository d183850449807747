package io.graft.fetch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * Time limits, retries and surroundings of a fetch.
 *
 * @param connectTimeout how long opening a connection may take
 * @param idleTimeout how long a connection may be silent, before the response and within it
 * @param retry when a failed attempt is repeated
 * @param proxies the proxy for each address
 * @param tls whom to trust; empty for Java's own trust store
 * @param disk the free space
 */
record FetchSettings(
    Duration connectTimeout,
    Duration idleTimeout,
    RetryPolicy retry,
    EnvironmentProxies proxies,
    Optional<SSLContext> tls,
    Disk disk) {

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

  /** Returns a duration as people read it: {@code 20 s} or {@code 400 ms}. */
  static String shown(Duration duration) {
    return duration.toMillis() % 1000 == 0
        ? duration.toSeconds() + " s"
        : duration.toMillis() + " ms";
  }
}
