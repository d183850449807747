package io.graft.fetch;

import io.graft.fetch.FetchSettings.RetryPolicy;
import io.graft.fetch.FileDigest.Algorithm;
import io.graft.runtime.Progress;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import javax.net.ssl.SSLContext;

/** Files to publish, settings with short timeouts, and a progress that records its calls. */
final class FetchFixture {

  static final String NAME = "tiny-weights.pth";
  static final String ETAG = "\"v1\"";
  static final long PLENTY_BYTES = 1L << 40;

  private FetchFixture() {}

  static byte[] content(int bytes, long seed) {
    byte[] content = new byte[bytes];
    new Random(seed).nextBytes(content);
    return content;
  }

  /** Returns a published file with this content. The Java platform computes its digest. */
  static PublishedFile published(URI address, byte[] content) {
    return new PublishedFile(
        address,
        NAME,
        OptionalLong.of(content.length),
        new FileDigest(Algorithm.SHA256, sha256(content)));
  }

  static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  static FetchSettings quick() {
    return new FetchSettings(
        Duration.ofSeconds(2),
        Duration.ofMillis(400),
        new RetryPolicy(3, Duration.ofMillis(2), Duration.ofMillis(10), Long.MAX_VALUE),
        new EnvironmentProxies(name -> name.equals("no_proxy") ? "*" : null),
        Optional.empty(),
        folder -> PLENTY_BYTES);
  }

  static FetchSettings withTls(FetchSettings settings, SSLContext tls) {
    return new FetchSettings(
        settings.connectTimeout(),
        settings.idleTimeout(),
        settings.retry(),
        settings.proxies(),
        Optional.of(tls),
        settings.disk());
  }

  static FetchSettings withDisk(FetchSettings settings, FetchSettings.Disk disk) {
    return new FetchSettings(
        settings.connectTimeout(),
        settings.idleTimeout(),
        settings.retry(),
        settings.proxies(),
        settings.tls(),
        disk);
  }

  static FetchSettings withAttempts(FetchSettings settings, int attempts, long progressBytes) {
    return new FetchSettings(
        settings.connectTimeout(),
        settings.idleTimeout(),
        new RetryPolicy(attempts, Duration.ofMillis(1), Duration.ofMillis(1), progressBytes),
        settings.proxies(),
        settings.tls(),
        settings.disk());
  }

  /** Records notes and progress. */
  static final class RecordingProgress implements Progress {
    final List<String> notes = Collections.synchronizedList(new ArrayList<>());
    final List<Long> done = Collections.synchronizedList(new ArrayList<>());
    volatile long total;

    @Override
    public void advanced(Phase phase, long bytesDone, long bytesTotal) {
      done.add(bytesDone);
      total = bytesTotal;
    }

    @Override
    public void note(String line) {
      notes.add(line);
    }
  }

  /** Returns all names in a folder, sorted. */
  static List<String> names(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
