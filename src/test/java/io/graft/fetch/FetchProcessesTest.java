package io.graft.fetch;

import static io.graft.fetch.FetchFixture.ETAG;
import static io.graft.fetch.FetchFixture.NAME;
import static org.assertj.core.api.Assertions.assertThat;

import io.graft.runtime.Progress;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several processes that share a cache folder, and tests that need a separate process. */
class FetchProcessesTest {

  private static final byte[] CONTENT = FetchFixture.content(400_000, 5);
  private static final int CUT = 250_001;
  private static final long SECONDS = 60;

  @TempDir Path outputs;
  @TempDir Path folder;

  private final CountDownLatch resume = new CountDownLatch(1);
  private final FetchServer server = FetchServer.plain(this::pauseAtCut);
  private final PublishedFile published =
      FetchFixture.published(server.address("/" + NAME), CONTENT);
  private final List<Process> children = new ArrayList<>();

  @AfterEach
  void close() throws IOException {
    resume.countDown();
    children.forEach(Process::destroyForcibly);
    server.close();
    assertThat(server.defects).isEmpty();
  }

  @Test
  void eightProcessesCauseOneDownload() throws Exception {
    int processes = 8;
    for (int i = 0; i < processes; i++) {
      start(i, List.of(), Map.of());
    }
    // The server sends the rest only when the other seven processes wait.
    awaitWaiting(processes - 1);
    resume.countDown();
    for (int i = 0; i < processes; i++) {
      assertThat(end(i)).as(output(i)).isZero();
      assertThat(output(i)).contains("FETCHED");
    }
    assertThat(server.requests).hasSize(1);
    assertThat(folder.resolve(NAME)).hasBinaryContent(CONTENT);
    assertThat(FetchFixture.names(folder))
        .containsExactly(NAME, NAME + ".lock", NAME + ".verified");
  }

  @Test
  void waitingProcessResumesTheDownloadOfAKilledOne() throws Exception {
    Process first = start(0, List.of(), Map.of());
    Path part = folder.resolve(NAME + ".part");
    FetchResponses.awaitLength(part, CUT);
    start(1, List.of(), Map.of());
    awaitWaiting(1);
    first.destroyForcibly();
    assertThat(first.waitFor(SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(folder.resolve(NAME)).doesNotExist();
    resume.countDown();
    assertThat(end(1)).as(output(1)).isZero();
    assertRestWasRequested();
  }

  @Test
  void nextRunResumesTheDownloadOfAKilledOne() throws Exception {
    Process first = start(0, List.of(), Map.of());
    Path part = folder.resolve(NAME + ".part");
    FetchResponses.awaitLength(part, CUT);
    first.destroyForcibly();
    assertThat(first.waitFor(SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(folder.resolve(NAME)).doesNotExist();
    assertThat(part).hasBinaryContent(Arrays.copyOf(CONTENT, CUT));
    resume.countDown();
    new WeightCache(folder, FetchFixture.quick())
        .fetch(published, FetchOptions.defaults(), Progress.NONE);
    assertRestWasRequested();
  }

  @Test
  void threadsOfOneProcessCauseOneDownload() throws Exception {
    resume.countDown();
    List<Thread> threads = new ArrayList<>();
    List<Path> fetched = Collections.synchronizedList(new ArrayList<>());
    for (int i = 0; i < 8; i++) {
      Thread thread =
          new Thread(
              () ->
                  fetched.add(
                      new WeightCache(folder, FetchFixture.quick())
                          .fetch(published, FetchOptions.defaults(), Progress.NONE)));
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join(SECONDS * 1000);
    }
    assertThat(fetched).hasSize(8).allSatisfy(file -> assertThat(file).hasBinaryContent(CONTENT));
    assertThat(server.requests).hasSize(1);
  }

  @Test
  void unknownHostIsNotRetried() throws Exception {
    // Java's own hosts file replaces the system's resolver, so no name server is needed.
    Path hosts = Files.writeString(outputs.resolve("hosts"), "127.0.0.1 localhost\n");
    PublishedFile elsewhere =
        FetchFixture.published(URI.create("http://weights.invalid/" + NAME), CONTENT);
    children.add(
        FetchChild.start(
            folder,
            elsewhere,
            outputs.resolve("0"),
            List.of("-Djdk.net.hosts.file=" + hosts),
            Map.of()));
    assertThat(end(0)).isEqualTo(4);
    assertThat(output(0))
        .contains("unknown host for http://weights.invalid/" + NAME, "https_proxy", "by hand")
        .doesNotContain("Trying again");
  }

  @Test
  void proxyWithPasswordServesHttp() throws Exception {
    resume.countDown();
    // The test server is the proxy and sends the file, so the named host need not exist.
    PublishedFile elsewhere =
        FetchFixture.published(URI.create("http://weights.invalid/" + NAME), CONTENT);
    children.add(startWithProxy(elsewhere, "http_proxy"));
    assertThat(end(0)).as(output(0)).isZero();
    assertThat(server.requests)
        .singleElement()
        .satisfies(
            request -> {
              assertThat(request.target()).isEqualTo("http://weights.invalid/" + NAME);
              assertThat(request.header("proxy-authorization")).isEqualTo(basic("ada:p@ss"));
            });
  }

  @Test
  void proxyWithPasswordOpensATunnelForHttps() throws Exception {
    server.respondWith(FetchResponses.status("407 Proxy Authentication Required"));
    PublishedFile elsewhere =
        FetchFixture.published(URI.create("https://weights.invalid/" + NAME), CONTENT);
    children.add(startWithProxy(elsewhere, "HTTPS_PROXY"));
    assertThat(end(0)).isEqualTo(4);
    assertThat(output(0))
        .contains("407", "through proxy 127.0.0.1:" + server.port(), "https_proxy")
        .doesNotContain("p%40ss", "p@ss");
    assertThat(server.requests)
        .allSatisfy(
            request -> {
              assertThat(request.method()).isEqualTo("CONNECT");
              assertThat(request.target()).isEqualTo("weights.invalid:443");
              assertThat(request.header("proxy-authorization")).isEqualTo(basic("ada:p@ss"));
            })
        .isNotEmpty();
  }

  private Process startWithProxy(PublishedFile file, String variable) throws IOException {
    String proxy = "http://ada:p%40ss@127.0.0.1:" + server.port();
    return FetchChild.start(folder, file, outputs.resolve("0"), List.of(), Map.of(variable, proxy));
  }

  private static String basic(String user) {
    return "Basic " + Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8));
  }

  private void assertRestWasRequested() {
    assertThat(folder.resolve(NAME)).hasBinaryContent(CONTENT);
    assertThat(server.requests).hasSize(2);
    assertThat(server.requests.get(1).header("range")).isEqualTo("bytes=" + CUT + "-");
    assertThat(server.requests.get(1).header("if-range")).isEqualTo(ETAG);
  }

  private Process start(int index, List<String> javaOptions, Map<String, String> environment)
      throws IOException {
    Process child =
        FetchChild.start(folder, published, outputs.resolve("" + index), javaOptions, environment);
    children.add(child);
    return child;
  }

  private int end(int index) throws InterruptedException {
    Process child = children.get(index);
    assertThat(child.waitFor(SECONDS, TimeUnit.SECONDS)).isTrue();
    return child.exitValue();
  }

  private String output(int index) throws IOException {
    return Files.readString(outputs.resolve("" + index));
  }

  private void awaitWaiting(int processes) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    long waiting = 0;
    while (waiting < processes) {
      assertThat(System.nanoTime()).as(waiting + " processes wait").isLessThan(deadline);
      Thread.sleep(20);
      waiting = 0;
      for (int i = 0; i < children.size(); i++) {
        waiting += output(i).contains("Another process is fetching") ? 1 : 0;
      }
    }
  }

  private void pauseAtCut(FetchServer.Request request, FetchServer.Wire wire) throws Exception {
    int from = FetchResponses.from(request, ETAG);
    FetchResponses.head(wire, CONTENT.length, from, ETAG);
    if (from < CUT) {
      wire.send(CONTENT, from, CUT);
      resume.await();
    }
    wire.send(CONTENT, Math.max(from, CUT), CONTENT.length);
  }
}
