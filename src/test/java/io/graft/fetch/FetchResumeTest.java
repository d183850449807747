package io.graft.fetch;

import static io.graft.fetch.FetchFixture.ETAG;
import static io.graft.fetch.FetchFixture.NAME;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.fetch.FetchServer.Request;
import io.graft.runtime.WeightsException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FetchResumeTest {

  private static final byte[] CONTENT = FetchFixture.content(300_000, 1);
  private static final byte[] OLD_CONTENT = FetchFixture.content(300_000, 2);
  private static final String OLD_ETAG = "\"v0\"";
  private static final int CUT = 123_457;

  @TempDir Path folder;

  private final FetchFixture.RecordingProgress progress = new FetchFixture.RecordingProgress();
  private final FetchServer server = FetchServer.plain(FetchResponses.file(CONTENT, ETAG));
  private final PublishedFile published =
      FetchFixture.published(server.address("/models/" + NAME), CONTENT);

  @AfterEach
  void close() throws IOException {
    server.close();
    assertThat(server.defects).isEmpty();
  }

  @Test
  void fetchesAFileOnceAndLeavesNoPartialFile() throws IOException {
    Path file = fetch();
    assertThat(file).isEqualTo(folder.resolve(NAME)).hasBinaryContent(CONTENT);
    assertThat(FetchFixture.names(folder))
        .containsExactly(NAME, NAME + ".lock", NAME + ".verified");
    assertThat(progress.done).isSorted().first().isEqualTo(0L);
    assertThat(progress.done).last().isEqualTo((long) CONTENT.length);
    assertThat(progress.total).isEqualTo(CONTENT.length);
    assertThat(fetch()).isEqualTo(file);
    assertThat(server.requests).hasSize(1);
    Request request = server.requests.get(0);
    assertThat(request.target()).isEqualTo("/models/" + NAME);
    assertThat(request.headers()).doesNotContainKeys("range", "if-range", "authorization");
    assertThat(request.header("accept-encoding")).isEqualTo("identity");
  }

  @Test
  void resumesWhereItStoppedAfterAReset() {
    server.respondWith(
        (request, wire) -> {
          server.respondWith(FetchResponses.file(CONTENT, ETAG));
          FetchResponses.resetAt(CONTENT, ETAG, CUT, part()).write(request, wire);
        });
    assertThat(fetch()).hasBinaryContent(CONTENT);
    assertThat(server.requests).hasSize(2);
    assertThat(server.requests.get(1).header("range")).isEqualTo("bytes=" + CUT + "-");
    assertThat(server.requests.get(1).header("if-range")).isEqualTo(ETAG);
    assertThat(progress.notes)
        .singleElement()
        .asString()
        .contains("broke", "Trying again from byte " + CUT);
  }

  @Test
  void nextRunResumesAFailedOne() throws IOException {
    server.respondWith(FetchResponses.resetAt(CONTENT, ETAG, CUT, part()));
    assertThatThrownBy(this::fetch)
        .isInstanceOf(WeightsException.class)
        .hasMessageContainingAll("broke", "All 3 attempts failed", CUT + " bytes that arrived");
    assertThat(folder.resolve(NAME)).doesNotExist();
    assertThat(part()).hasBinaryContent(Arrays.copyOf(CONTENT, CUT));
    server.requests.clear();
    server.respondWith(FetchResponses.file(CONTENT, ETAG));
    assertThat(fetch()).hasBinaryContent(CONTENT);
    assertThat(server.requests)
        .singleElement()
        .satisfies(
            request -> {
              assertThat(request.header("range")).isEqualTo("bytes=" + CUT + "-");
              assertThat(request.header("if-range")).isEqualTo(ETAG);
            });
    assertThat(FetchFixture.names(folder))
        .containsExactly(NAME, NAME + ".lock", NAME + ".verified");
  }

  @Test
  void sendsTheDateOfTheFileIfThereIsNoStrongEntityTag() {
    String date = "Wed, 21 Oct 2015 07:28:00 GMT";
    server.respondWith(
        (request, wire) -> {
          server.respondWith(FetchResponses.file(CONTENT, date));
          wire.head(
              "200 OK",
              "ETag: W/\"weak\"",
              "Last-Modified: " + date,
              "Content-Length: " + CONTENT.length);
          wire.send(CONTENT, 0, CUT);
          FetchResponses.awaitLength(part(), CUT);
          wire.reset();
        });
    assertThat(fetch()).hasBinaryContent(CONTENT);
    assertThat(server.requests.get(1).header("if-range")).isEqualTo(date);
  }

  @Test
  void startsOverIfTheFileChangedBetweenAttempts() {
    server.respondWith(
        (request, wire) -> {
          server.respondWith(FetchResponses.file(CONTENT, ETAG));
          FetchResponses.resetAt(OLD_CONTENT, OLD_ETAG, CUT, part()).write(request, wire);
        });
    assertThat(fetch()).hasBinaryContent(CONTENT);
    assertThat(server.requests).hasSize(2);
    assertThat(server.requests.get(1).header("if-range")).isEqualTo(OLD_ETAG);
    assertThat(progress.notes).last().asString().contains("Starting over");
  }

  @Test
  void startsOverIfTheServerIgnoresRanges() {
    server.respondWith(
        (request, wire) -> {
          server.respondWith(FetchResponses.withoutRanges(CONTENT));
          FetchResponses.resetAt(CONTENT, ETAG, CUT, part()).write(request, wire);
        });
    assertThat(fetch()).hasBinaryContent(CONTENT);
    assertThat(server.requests).hasSize(2);
  }

  @Test
  void startsOverOnceIfThePartialFileIsOfAnotherFile() throws IOException {
    Files.write(part(), Arrays.copyOf(OLD_CONTENT, CUT));
    assertThat(fetch()).hasBinaryContent(CONTENT);
    assertThat(server.requests).hasSize(2);
    assertThat(server.requests.get(0).header("range")).isEqualTo("bytes=" + CUT + "-");
    assertThat(server.requests.get(1).header("range")).isNull();
  }

  @Test
  void needsNoNetworkIfThePartialFileIsComplete() throws IOException {
    Files.write(part(), CONTENT);
    assertThat(fetch()).hasBinaryContent(CONTENT);
    assertThat(server.requests).isEmpty();
  }

  @Test
  void deletesAPartialFileThatIsTooLong() throws IOException {
    Files.write(part(), Arrays.copyOf(CONTENT, CONTENT.length + 1));
    assertThat(fetch()).hasBinaryContent(CONTENT);
    assertThat(server.requests)
        .singleElement()
        .satisfies(r -> assertThat(r.header("range")).isNull());
  }

  @Test
  void status416CompletesAFileOfUnknownSize() throws IOException {
    Files.write(part(), CONTENT);
    assertThat(fetch(ofUnknownSize())).hasBinaryContent(CONTENT);
    assertThat(server.requests)
        .singleElement()
        .satisfies(r -> assertThat(r.header("range")).isEqualTo("bytes=" + CONTENT.length + "-"));
  }

  @Test
  void startsOverAfterStatus416() throws IOException {
    Files.write(part(), Arrays.copyOf(CONTENT, CONTENT.length + 1));
    assertThat(fetch(ofUnknownSize())).hasBinaryContent(CONTENT);
    assertThat(server.requests).hasSize(2);
    assertThat(server.requests.get(1).header("range")).isNull();
  }

  @Test
  void startsOverIfTheServerSendsAnotherRange() throws IOException {
    Files.write(part(), Arrays.copyOf(CONTENT, CUT));
    server.respondWith(
        (request, wire) -> {
          server.respondWith(FetchResponses.file(CONTENT, ETAG));
          FetchResponses.head(wire, CONTENT.length, CUT + 1, ETAG);
          wire.send(CONTENT, CUT + 1, CONTENT.length);
        });
    assertThat(fetch()).hasBinaryContent(CONTENT);
    assertThat(progress.notes.get(0)).contains("206", "expected the bytes from " + CUT);
    assertThat(server.requests.get(1).header("range")).isNull();
  }

  @Test
  void fetchesAFileOfUnknownSizeInChunks() {
    server.respondWith(
        (request, wire) -> {
          wire.head("200 OK", "Transfer-Encoding: chunked");
          for (int from = 0; from < CONTENT.length; from += 100_000) {
            wire.send((Integer.toHexString(100_000) + "\r\n").getBytes(US_ASCII));
            wire.send(CONTENT, from, from + 100_000);
            wire.send("\r\n".getBytes(US_ASCII));
          }
          wire.send("0\r\n\r\n".getBytes(US_ASCII));
        });
    assertThat(fetch(ofUnknownSize())).hasBinaryContent(CONTENT);
    assertThat(progress.total).isEqualTo(-1);
  }

  @Test
  void attemptWithEnoughProgressDoesNotCountAsFailed() {
    int step = 50_000;
    server.respondWith(
        (request, wire) -> {
          int cut = Math.min(CONTENT.length, FetchResponses.from(request, ETAG) + step);
          FetchResponses.resetAt(CONTENT, ETAG, cut, part()).write(request, wire);
        });
    // The sixth step completes the file before its reset arrives, so there is no seventh request.
    FetchSettings settings = FetchFixture.withAttempts(FetchFixture.quick(), 2, step);
    Path file =
        new WeightCache(folder, settings).fetch(published, FetchOptions.defaults(), progress);
    assertThat(file).hasBinaryContent(CONTENT);
    assertThat(server.requests).hasSize(CONTENT.length / step);
  }

  @Test
  void mirrorResumesTheDownloadFromThePublisher() throws IOException {
    server.respondWith(FetchResponses.resetAt(CONTENT, ETAG, CUT, part()));
    assertThatThrownBy(this::fetch).isInstanceOf(WeightsException.class);
    try (FetchServer mirror = FetchServer.plain(FetchResponses.file(CONTENT, "\"mirror\""))) {
      URI folderAddress = mirror.address("/weights");
      Path file =
          cache().fetch(published, FetchOptions.defaults().withMirror(folderAddress), progress);
      assertThat(file).hasBinaryContent(CONTENT);
      Request request = mirror.requests.get(0);
      assertThat(request.target()).isEqualTo("/weights/" + NAME);
      assertThat(request.header("range")).isEqualTo("bytes=" + CUT + "-");
      assertThat(request.header("if-range")).isNull();
    }
  }

  private PublishedFile ofUnknownSize() {
    return new PublishedFile(published.address(), NAME, OptionalLong.empty(), published.digest());
  }

  private Path part() {
    return folder.resolve(NAME + ".part");
  }

  private WeightCache cache() {
    return new WeightCache(folder, FetchFixture.quick());
  }

  private Path fetch() {
    return fetch(published);
  }

  private Path fetch(PublishedFile file) {
    return cache().fetch(file, FetchOptions.defaults(), progress);
  }
}
