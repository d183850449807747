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

/**
 * Failures of servers and networks: each has its message, and none leaves a file under its name.
 */
class FetchFailureTest {

  private static final byte[] CONTENT = FetchFixture.content(100_000, 3);
  private static final int CUT = 40_000;

  @TempDir Path folder;

  private final FetchFixture.Remembering progress = new FetchFixture.Remembering();
  private final FetchServer server = FetchServer.plain(FetchAnswers.file(CONTENT, ETAG));
  private final PublishedFile published =
      FetchFixture.published(server.address("/" + NAME), CONTENT);

  @AfterEach
  void close() throws IOException {
    server.close();
    assertThat(server.defects).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"404,Not Found", "410,Gone", "403,Forbidden", "401,Unauthorized", "501,Nope"})
  void aStatusThatStaysIsNotTriedAgain(int status, String meaning) {
    server.answerWith(FetchAnswers.status(status + " " + meaning));
    assertThat(failure().getMessage())
        .contains("answered " + status, "expected 200 or 206", published.address().toString())
        .doesNotContain("attempts");
    assertThat(server.requests).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {408, 429, 500, 502, 503, 504})
  void aStatusThatPassesIsTriedAgain(int status) {
    server.answerWith(FetchAnswers.status(status + " Passing"));
    assertThat(failure().getMessage())
        .contains("answered " + status, "expected 200 or 206", "Gave up after 3 attempts");
    assertThat(server.requests).hasSize(3);
    assertThat(progress.notes).hasSize(2).allSatisfy(note -> assertThat(note).contains("again"));
    server.answerWith(
        (request, wire) -> {
          server.answerWith(FetchAnswers.file(CONTENT, ETAG));
          FetchAnswers.status(status + " Passing").write(request, wire);
        });
    assertThat(fetch()).hasBinaryContent(CONTENT);
  }

  @Test
  void a416ToARequestForTheWholeFile() {
    server.answerWith(FetchAnswers.status("416 Range Not Satisfiable"));
    assertThat(failure().getMessage())
        .contains("answered 416 (Range Not Satisfiable) to a request for the whole file");
    assertThat(server.requests).hasSize(1);
  }

  @Test
  void aResetBeforeTheAnswerAndHalfWay() {
    server.answerWith((request, wire) -> wire.reset());
    assertThat(failure().getMessage()).contains("broke", "expected the rest", "after 3 attempts");
    server.requests.clear();
    server.answerWith(FetchAnswers.resetAt(CONTENT, ETAG, CUT, folder.resolve(NAME + ".part")));
    assertThat(failure().getMessage())
        .contains("broke", "The " + CUT + " bytes that arrived are kept");
    assertThat(server.requests).hasSize(3);
  }

  @Test
  void aConnectionThatStalls() {
    server.answerWith(FetchAnswers.stallAt(CONTENT, ETAG, CUT));
    assertThat(failure().getMessage())
        .contains("stalled: nothing arrived for 400 ms", "after 3 attempts", CUT + " bytes");
    server.answerWith(FetchAnswers.file(CONTENT, ETAG));
    assertThat(fetch()).hasBinaryContent(CONTENT);
    assertThat(server.requests).last().extracting(r -> r.header("range")).isEqualTo("bytes=40000-");
  }

  @Test
  void aServerThatNeverAnswers() {
    server.answerWith((request, wire) -> wire.socket().getInputStream().read());
    WeightCache cache =
        new WeightCache(folder, FetchFixture.withAttempts(FetchFixture.quick(), 1, Long.MAX_VALUE));
    assertThat(failure(cache, published).getMessage())
        .contains("did not respond; expected a response within 2400 ms");
  }

  @Test
  void theWrongDigest() throws IOException {
    byte[] other = CONTENT.clone();
    other[77_777] ^= 1;
    server.answerWith(FetchAnswers.file(other, ETAG));
    assertThat(failure().getMessage())
        .contains(
            "100000 bytes and SHA-256 " + FetchFixture.sha256(other),
            "expected 100000 bytes, SHA-256 " + FetchFixture.sha256(CONTENT),
            "It was deleted");
    assertThat(FetchFixture.names(folder)).containsExactly(NAME + ".lock");
    assertThat(server.requests).hasSize(1);
  }

  @Test
  void aFileOfAnotherSizeIsNotEvenRead() throws IOException {
    server.answerWith(FetchAnswers.file(Arrays.copyOf(CONTENT, 99_999), ETAG));
    assertThat(failure().getMessage())
        .contains("offers a file that is too short: 99999 bytes; expected 100000 bytes, SHA-256");
    server.answerWith(FetchAnswers.file(Arrays.copyOf(CONTENT, 100_001), ETAG));
    assertThat(failure().getMessage())
        .contains("offers a file that is too long: 100001 bytes; expected 100000 bytes, SHA-256");
    assertThat(server.requests).hasSize(2);
    assertThat(progress.done).isEmpty();
    assertThat(FetchFixture.names(folder)).containsExactly(NAME + ".lock");
  }

  @Test
  void aBodyThatIsTooLongOrTooShortAndDidNotSaySo() throws IOException {
    server.answerWith(
        (request, wire) -> {
          wire.head("200 OK", "Content-Type: text/html; charset=utf-8");
          wire.send(Arrays.copyOf(CONTENT, 100_001));
        });
    assertThat(failure().getMessage())
        .contains("sent more than 100000 bytes; expected 100000 bytes", "it is a web page");
    assertThat(FetchFixture.names(folder)).containsExactly(NAME + ".lock");
    server.answerWith(
        (request, wire) -> {
          wire.head("200 OK");
          wire.send(Arrays.copyOf(CONTENT, 99_999));
        });
    assertThat(failure().getMessage())
        .contains("ended after byte 99999; expected 100000", "after 3 attempts");
    assertThat(folder.resolve(NAME)).doesNotExist();
  }

  @Test
  void aBodyShorterThanItSaid() {
    server.answerWith(
        (request, wire) -> {
          wire.head("200 OK", "Content-Length: 100000");
          wire.send(CONTENT, 0, CUT);
        });
    assertThat(failure().getMessage()).contains("broke", "after 3 attempts");
    assertThat(folder.resolve(NAME)).doesNotExist();
  }

  @Test
  void aRedirectLoop() {
    server.answerWith(FetchAnswers.redirect("/" + NAME));
    assertThat(failure().getMessage()).contains("redirect 302", "a redirect loop");
    assertThat(server.requests).hasSize(1);
    server.answerWith(
        (request, wire) -> FetchAnswers.redirect(request.target() + "x").write(request, wire));
    server.requests.clear();
    assertThat(failure().getMessage()).contains("the redirect after 10 others");
    assertThat(server.requests).hasSize(11);
  }

  @Test
  void aRedirectToAnotherHost() throws IOException {
    try (FetchServer other = FetchServer.plain(FetchAnswers.file(CONTENT, ETAG))) {
      URI there = other.address("localhost", "/login?key=secret");
      server.answerWith(FetchAnswers.redirect(there));
      assertThat(failure().getMessage())
          .contains(
              "answered with redirect 302 to http://localhost:" + other.port() + "/login?...,",
              "another host; expected the same host",
              "--weights-url")
          .doesNotContain("secret");
      assertThat(other.requests).isEmpty();
    }
  }

  @Test
  void aRedirectThatLeadsNowhere() {
    server.answerWith(FetchAnswers.status("307 Temporary Redirect"));
    assertThat(failure().getMessage()).contains("redirect 307 and no Location");
    server.answerWith(FetchAnswers.redirect("http://[broken"));
    assertThat(failure().getMessage()).contains("'http://[broken', which is not an address");
    server.answerWith(FetchAnswers.redirect("file:///etc/passwd"));
    assertThat(failure().getMessage()).contains("expected an http or https address");
  }

  @Test
  void aRedirectOnTheSameHostIsFollowed() {
    server.answerWith(
        (request, wire) ->
            (request.target().equals("/" + NAME)
                    ? FetchAnswers.redirect("/elsewhere/file?x=1")
                    : FetchAnswers.file(CONTENT, ETAG))
                .write(request, wire));
    assertThat(fetch()).hasBinaryContent(CONTENT);
    assertThat(server.requests)
        .extracting(FetchServer.Request::target)
        .containsExactly("/" + NAME, "/elsewhere/file?x=1");
  }

  @Test
  void noServer() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    URI nowhere = URI.create("http://127.0.0.1:" + port + "/" + NAME);
    assertThat(failure(cache(), FetchFixture.published(nowhere, CONTENT)).getMessage())
        .contains("no connection to " + nowhere, "expected a server there", "after 3 attempts")
        .doesNotContain("Exception");
  }

  @Test
  void aServerThatDoesNotSpeakHttp() {
    server.answerWith((request, wire) -> wire.send("SSH-2.0-OpenSSH\r\n\r\n".getBytes(US_ASCII)));
    assertThat(failure().getMessage()).contains("broke");
  }

  @Test
  void aMirrorWhoseAnswerIsAPageForPeople() {
    server.answerWith(
        (request, wire) -> {
          wire.head("200 OK", "Content-Type: text/html", "Content-Length: 5");
          wire.send("Hello".getBytes(US_ASCII));
        });
    assertThat(failure().getMessage()).contains("too short: 5 bytes", "it is a web page");
  }

  @Test
  void aPauseThatTheServerAskedForIsKept() {
    server.answerWith(
        (request, wire) -> {
          server.answerWith(FetchAnswers.file(CONTENT, ETAG));
          FetchAnswers.status("503 Busy", "Retry-After: 9").write(request, wire);
        });
    assertThat(fetch()).hasBinaryContent(CONTENT);
    // Nine seconds, cut to the longest pause of the quick settings.
    assertThat(progress.notes).singleElement().asString().contains("in 10 ms");
  }

  /** The failure of a fetch, checked for what all of them say. */
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
