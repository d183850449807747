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
        RetryPolicy.STANDARD,
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
