package io.graft.fetch;

import static io.graft.fetch.FetchFixture.ETAG;
import static io.graft.fetch.FetchFixture.NAME;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.graft.runtime.WeightsException;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Failures of servers and networks. Each has its message, and none leaves the published file. */
class FetchFailureTest {

  private static final byte[] CONTENT = FetchFixture.content(100_000, 3);
  private static final int CUT = 40_000;

  @TempDir Path folder;

  private final FetchFixture.RecordingProgress progress = new FetchFixture.RecordingProgress();
  private final FetchServer server = FetchServer.plain(FetchResponses.file(CONTENT, ETAG));
  private final PublishedFile published =
      FetchFixture.published(server.address("/" + NAME), CONTENT);

  @AfterEach
  void close() throws IOException {
    server.close();
    assertThat(server.defects).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"404,Not Found", "410,Gone", "403,Forbidden", "401,Unauthorized", "501,Nope"})
  void permanentStatusIsNotRetried(int status, String meaning) {
    server.respondWith(FetchResponses.status(status + " " + meaning));
    assertThat(failure().getMessage())
        .contains("answered " + status, "expected 200 or 206", published.address().toString())
        .doesNotContain("attempts");
    assertThat(server.requests).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {408, 429, 500, 502, 503, 504})
  void temporaryStatusIsRetried(int status) {
    server.respondWith(FetchResponses.status(status + " Passing"));
    assertThat(failure().getMessage())
        .contains("answered " + status, "expected 200 or 206", "All 3 attempts failed");
    assertThat(server.requests).hasSize(3);
    assertThat(progress.notes).hasSize(2).allSatisfy(note -> assertThat(note).contains("again"));
    server.respondWith(
        (request, wire) -> {
          server.respondWith(FetchResponses.file(CONTENT, ETAG));
          FetchResponses.status(status + " Passing").write(request, wire);
        });
    assertThat(fetch()).hasBinaryContent(CONTENT);
  }

  @Test
  void status416ForTheWholeFileIsFatal() {
    server.respondWith(FetchResponses.status("416 Range Not Satisfiable"));
    assertThat(failure().getMessage())
        .contains("answered 416 (Range Not Satisfiable) to a request for the whole file");
    assertThat(server.requests).hasSize(1);
  }

  @Test
  void connectionResetIsRetried() {
    server.respondWith((request, wire) -> wire.reset());
    assertThat(failure().getMessage())
        .contains("broke", "expected the rest", "All 3 attempts failed");
    server.requests.clear();
    server.respondWith(FetchResponses.resetAt(CONTENT, ETAG, CUT, folder.resolve(NAME + ".part")));
    assertThat(failure().getMessage())
        .contains("broke", "The " + CUT + " bytes that arrived are kept");
    assertThat(server.requests).hasSize(3);
  }

  @Test
  void stalledConnectionIsRetriedAndResumed() {
    server.respondWith(FetchResponses.stallAt(CONTENT, ETAG, CUT));
    assertThat(failure().getMessage())
        .contains("stalled: nothing arrived for 400 ms", "All 3 attempts failed", CUT + " bytes");
    server.respondWith(FetchResponses.file(CONTENT, ETAG));
    assertThat(fetch()).hasBinaryContent(CONTENT);
    assertThat(server.requests).last().extracting(r -> r.header("range")).isEqualTo("bytes=40000-");
  }

  @Test
  void silentServerTimesOut() {
    server.respondWith((request, wire) -> wire.socket().getInputStream().read());
    WeightCache cache =
        new WeightCache(folder, FetchFixture.withAttempts(FetchFixture.quick(), 1, Long.MAX_VALUE));
    assertThat(failure(cache, published).getMessage())
        .contains("did not respond; expected a response within 2400 ms");
  }

  @Test
  void fileWithWrongDigestIsDeleted() throws IOException {
    byte[] other = CONTENT.clone();
    other[77_777] ^= 1;
    server.respondWith(FetchResponses.file(other, ETAG));
    assertThat(failure().getMessage())
        .contains(
            "100000 bytes and SHA-256 " + FetchFixture.sha256(other),
            "expected 100000 bytes, SHA-256 " + FetchFixture.sha256(CONTENT),
            "It was deleted");
    assertThat(FetchFixture.names(folder)).containsExactly(NAME + ".lock");
    assertThat(server.requests).hasSize(1);
  }

  @Test
  void fileOfAnotherSizeIsRefusedBeforeItIsRead() throws IOException {
    server.respondWith(FetchResponses.file(Arrays.copyOf(CONTENT, 99_999), ETAG));
    assertThat(failure().getMessage())
        .contains("offers a file that is too short: 99999 bytes; expected 100000 bytes, SHA-256");
    server.respondWith(FetchResponses.file(Arrays.copyOf(CONTENT, 100_001), ETAG));
    assertThat(failure().getMessage())
        .contains("offers a file that is too long: 100001 bytes; expected 100000 bytes, SHA-256");
    assertThat(server.requests).hasSize(2);
    assertThat(progress.done).isEmpty();
    assertThat(FetchFixture.names(folder)).containsExactly(NAME + ".lock");
  }

  @Test
  void responseOfUnknownLengthMustHaveThePublishedSize() throws IOException {
    server.respondWith(
        (request, wire) -> {
          wire.head("200 OK", "Content-Type: text/html; charset=utf-8");
          wire.send(Arrays.copyOf(CONTENT, 100_001));
        });
    assertThat(failure().getMessage())
        .contains("sent more than 100000 bytes; expected 100000 bytes", "it is a web page");
    assertThat(FetchFixture.names(folder)).containsExactly(NAME + ".lock");
    server.respondWith(
        (request, wire) -> {
          wire.head("200 OK");
          wire.send(Arrays.copyOf(CONTENT, 99_999));
        });
    assertThat(failure().getMessage())
        .contains("ended after byte 99999; expected 100000", "All 3 attempts failed");
    assertThat(folder.resolve(NAME)).doesNotExist();
  }

  @Test
  void responseShorterThanItsContentLengthIsRetried() {
    server.respondWith(
        (request, wire) -> {
          wire.head("200 OK", "Content-Length: 100000");
          wire.send(CONTENT, 0, CUT);
        });
    assertThat(failure().getMessage()).contains("broke", "All 3 attempts failed");
    assertThat(folder.resolve(NAME)).doesNotExist();
  }

  @Test
  void redirectLoopsAndChainsAreRefused() {
    server.respondWith(FetchResponses.redirect("/" + NAME));
    assertThat(failure().getMessage()).contains("redirect 302", "a redirect loop");
    assertThat(server.requests).hasSize(1);
    server.respondWith(
        (request, wire) -> FetchResponses.redirect(request.target() + "x").write(request, wire));
    server.requests.clear();
    assertThat(failure().getMessage()).contains("the redirect after 10 others");
    assertThat(server.requests).hasSize(11);
  }

  @Test
  void httpRedirectToAnotherHostIsRefused() throws IOException {
    try (FetchServer other = FetchServer.plain(FetchResponses.file(CONTENT, ETAG))) {
      URI there = other.address("localhost", "/login?key=secret");
      server.respondWith(FetchResponses.redirect(there));
      assertThat(failure().getMessage())
          .contains(
              "answered with redirect 302 to http://localhost:" + other.port() + "/login?...,",
              "another host; expected the same host",
              "as the mirror")
          .doesNotContain("secret");
      assertThat(other.requests).isEmpty();
    }
  }

  @Test
  void redirectWithoutAUsableAddressIsRefused() {
    server.respondWith(FetchResponses.status("307 Temporary Redirect"));
    assertThat(failure().getMessage()).contains("redirect 307 and no Location");
    server.respondWith(FetchResponses.redirect("http://[broken"));
    assertThat(failure().getMessage()).contains("'http://[broken', which is not an address");
    server.respondWith(FetchResponses.redirect("file:///etc/passwd"));
    assertThat(failure().getMessage()).contains("expected an http or https address");
  }

  @Test
  void redirectOnTheSameHostIsFollowed() {
    server.respondWith(
        (request, wire) ->
            (request.target().equals("/" + NAME)
                    ? FetchResponses.redirect("/elsewhere/file?x=1")
                    : FetchResponses.file(CONTENT, ETAG))
                .write(request, wire));
    assertThat(fetch()).hasBinaryContent(CONTENT);
    assertThat(server.requests)
        .extracting(FetchServer.Request::target)
        .containsExactly("/" + NAME, "/elsewhere/file?x=1");
  }

  @Test
  void refusedConnectionIsRetried() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    URI nowhere = URI.create("http://127.0.0.1:" + port + "/" + NAME);
    assertThat(failure(cache(), FetchFixture.published(nowhere, CONTENT)).getMessage())
        .contains("no connection to " + nowhere, "expected a server there", "All 3 attempts failed")
        .doesNotContain("Exception");
  }

  @Test
  void serverThatDoesNotSpeakHttpIsReported() {
    server.respondWith((request, wire) -> wire.send("SSH-2.0-OpenSSH\r\n\r\n".getBytes(US_ASCII)));
    assertThat(failure().getMessage()).contains("broke");
  }

  @Test
  void webPageInsteadOfWeightsIsReported() {
    server.respondWith(
        (request, wire) -> {
          wire.head("200 OK", "Content-Type: text/html", "Content-Length: 5");
          wire.send("Hello".getBytes(US_ASCII));
        });
    assertThat(failure().getMessage()).contains("too short: 5 bytes", "it is a web page");
  }

  @Test
  void retryAfterHeaderSetsThePause() {
    server.respondWith(
        (request, wire) -> {
          server.respondWith(FetchResponses.file(CONTENT, ETAG));
          FetchResponses.status("503 Busy", "Retry-After: 9").write(request, wire);
        });
    assertThat(fetch()).hasBinaryContent(CONTENT);
    // The quick settings limit the pause of nine seconds to 10 ms.
    assertThat(progress.notes).singleElement().asString().contains("in 10 ms");
  }

  /** Fetches a file and checks what every failure must report. */
  private WeightsException failure() {
    return failure(cache(), published);
  }

  private WeightsException failure(WeightCache cache, PublishedFile file) {
    WeightsException failure =
        catchThrowableOfType(
            WeightsException.class, () -> cache.fetch(file, FetchOptions.defaults(), progress));
    assertThat(failure).isNotNull();
    for (String part :
        List.of(
            "Cannot fetch " + NAME + ": ",
            "To put it there by hand, save " + file.address(),
            "(100000 bytes, SHA-256 " + FetchFixture.sha256(CONTENT) + ")",
            "as " + folder.resolve(NAME) + ".")) {
      assertThat(failure).hasMessageContaining(part);
    }
    assertThat(folder.resolve(NAME)).doesNotExist();
    return failure;
  }

  private WeightCache cache() {
    return new WeightCache(folder, FetchFixture.quick());
  }

  private Path fetch() {
    return cache().fetch(published, FetchOptions.defaults(), progress);
  }
}
