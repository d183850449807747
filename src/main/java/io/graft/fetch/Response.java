package io.graft.fetch;

import io.graft.fetch.FetchFailure.Next;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An HTTP response. Its status and headers (RFC 9110) are checked before its body is read.
 *
 * @param from the address that sent the response, after all redirects
 */
record Response(URI from, int status, HttpHeaders headers, ResponseBody body)
    implements AutoCloseable {

  private static final Pattern CONTENT_RANGE =
      Pattern.compile("bytes\\s+(?<first>\\d{1,18})-\\d{1,18}/(?<total>\\d{1,18}|\\*)");

  private static final Pattern SECONDS = Pattern.compile("\\d{1,9}");

  Optional<String> header(String name) {
    return headers.firstValue(name);
  }

  /**
   * Accepts status 200 with the whole file, and status 206 with the requested rest of the file.
   *
   * @param at the address as shown to people
   */
  void requireUsable(long offset, String at) throws FetchFailure {
    if (status == 200) {
      return;
    }
    if (status == 206) {
      requireRange(offset, at);
      return;
    }
    String message = at + " answered " + status + meaning();
    String expected = "; expected 200 or 206.";
    if (status == 416 && offset > 0) {
      message += " to a request for the bytes from " + offset + " on" + expected;
      throw new FetchFailure(Next.START_OVER, message, null);
    }
    if (status == 416) {
      throw FetchFailure.fatal(message + " to a request for the whole file" + expected);
    }
    if (isTemporary()) {
      throw new FetchFailure(Next.RETRY, message + expected, askedPause(), null);
    }
    throw FetchFailure.fatal(message + expected + advice(), "weights-url");
  }

  private void requireRange(long offset, String at) throws FetchFailure {
    String header = header("Content-Range").orElse("");
    Matcher range = CONTENT_RANGE.matcher(header.strip());
    if (offset == 0 || !range.matches() || Long.parseLong(range.group("first")) != offset) {
      String message =
          "%s answered 206 with Content-Range '%s'; expected the bytes from %s on."
              .formatted(at, header, offset);
      throw new FetchFailure(offset > 0 ? Next.START_OVER : Next.FATAL, message, null);
    }
  }

  /** Returns the length of the whole file, if the response gives it. */
  OptionalLong total() {
    if (status == 206) {
      Matcher range = CONTENT_RANGE.matcher(header("Content-Range").orElse("").strip());
      return range.matches() && !range.group("total").equals("*")
          ? OptionalLong.of(Long.parseLong(range.group("total")))
          : OptionalLong.empty();
    }
    return headers.firstValueAsLong("Content-Length");
  }

  /** Refuses a file that has another length than published, without reading it. */
  void requireSizeOf(PublishedFile published) throws FetchFailure {
    OptionalLong size = published.sizeBytes();
    OptionalLong total = total();
    if (total.isPresent() && size.isPresent() && total.getAsLong() != size.getAsLong()) {
      throw FetchFailure.fatal(
          "%s offers a file that is too %s: %s bytes; expected %s%s."
              .formatted(
                  Addresses.shown(from),
                  total.getAsLong() < size.getAsLong() ? "short" : "long",
                  total.getAsLong(),
                  published.facts(),
                  pageNote()));
    }
  }

  /** Returns a value for {@code If-Range}: a strong entity tag, or else the date of last change. */
  Optional<String> validator() {
    return header("ETag")
        .filter(tag -> tag.startsWith("\""))
        .or(() -> header("Last-Modified"))
        .filter(value -> value.chars().noneMatch(c -> c < ' '));
  }

  /** Returns a note for error messages if the response is a web page instead of weights. */
  String pageNote() {
    String type = header("Content-Type").orElse("").toLowerCase(Locale.ROOT);
    return type.startsWith("text/html")
        ? " (it is a web page: does the network require a sign-in, or is the address wrong?)"
        : "";
  }

  private boolean isTemporary() {
    return switch (status) {
      case 408, 425, 429 -> true;
      case 501, 505 -> false;
      default -> status >= 500;
    };
  }

  private Duration askedPause() {
    // The header may also hold a date, which is rare and needs synchronised clocks.
    return header("Retry-After")
        .filter(value -> SECONDS.matcher(value).matches())
        .map(value -> Duration.ofSeconds(Long.parseLong(value)))
        .orElse(Duration.ZERO);
  }

  private String meaning() {
    return switch (status) {
      case 401 -> " (Unauthorized)";
      case 403 -> " (Forbidden)";
      case 404 -> " (Not Found)";
      case 407 -> " (Proxy Authentication Required)";
      case 410 -> " (Gone)";
      case 416 -> " (Range Not Satisfiable)";
      case 429 -> " (Too Many Requests)";
      case 500 -> " (Internal Server Error)";
      case 502 -> " (Bad Gateway)";
      case 503 -> " (Service Unavailable)";
      case 504 -> " (Gateway Timeout)";
      default -> "";
    };
  }

  private String advice() {
    return switch (status) {
      case 401, 403 -> " A mirror's user and password go into its address, as USER:PASSWORD@HOST.";
      case 407 ->
          " The proxy's user and password go into https_proxy as http://USER:PASSWORD@HOST:PORT. If"
              + " they are there and right, set GRAFT_JAVA_OPTS=-D"
              + HttpSource.TUNNEL_PROPERTY
              + "= .";
      case 404, 410 -> " There is no such file. If it has moved, name the address of a mirror.";
      default -> "";
    };
  }

  @Override
  public void close() {
    body.close();
  }
}
