package io.graft.fetch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * What fetching assumes about networks and disks.
 *
 * @param connectTimeout how long a connection may take to come about
 * @param idleTimeout how long a connection may be silent, before the answer and within it
 * @param retry when a failed attempt is followed by another
 * @param proxies which proxy stands before which address
 * @param tls who is trusted, where it is not whom Java trusts
 * @param disk how much room there is
 */
record FetchSettings(
    Duration connectTimeout,
    Duration idleTimeout,
    RetryPolicy retry,
    EnvironmentProxies proxies,
    Optional<SSLContext> tls,
    Disk disk) {

  /** Says how much room there is. */
  @FunctionalInterface
  interface Disk {
    /** Bytes that can still be written in a folder. */
    long usableBytes(Path folder) throws IOException;
  }

  /** What holds outside of tests. */
  static FetchSettings standard() {
    return new FetchSettings(
        Duration.ofSeconds(20),
        Duration.ofSeconds(30),
        RetryPolicy.STANDARD,
        new EnvironmentProxies(System::getenv),
        Optional.empty(),
        folder -> Files.getFileStore(folder).getUsableSpace());
  }
}
