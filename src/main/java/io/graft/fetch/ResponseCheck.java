package io.graft.fetch;

import io.graft.fetch.FetchFailure.Next;
import io.graft.fetch.HttpSource.Response;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Checks the status and the headers of a response (RFC 9110) before its body is read. */
final class ResponseCheck {

  private static final Pattern CONTENT_RANGE =
      Pattern.compile("bytes\\s+(?<first>\\d{1,18})-\\d{1,18}/(?<total>\\d{1,18}|\\*)");

  private static final Pattern SECONDS = Pattern.compile("\\d{1,9}");

  private ResponseCheck() {}

  /**
   * Accepts 200 with the whole file and 206 with the requested rest.
   *
   * @param at the address as shown to a person
   */
  static void requireUsable(Response response, long offset, String at) throws FetchFailure {
    int status = response.status();
    if (status == 200) {
      return;
    }
    if (status == 206) {
      requireRange(response, offset, at);
      return;
    }
    String message = at + " answered " + status + meaning(status);
    String expected = "; expected 200 or 206.";
    if (status == 416 && offset > 0) {
      message += " to a request for the bytes from " + offset + " on" + expected;
      throw new FetchFailure(Next.START_OVER, message, null);
    }
    if (status == 416) {
      throw FetchFailure.fatal(message + " to a request for the whole file" + expected);
    }
    if (isTemporary(status)) {
      throw new FetchFailure(Next.RETRY, message + expected, askedPause(response), null);
    }
    throw FetchFailure.fatal(message + expected + advice(status), "weights-url");
  }

  private static void requireRange(Response response, long offset, String at) throws FetchFailure {
    String header = response.header("Content-Range").orElse("");
    Matcher range = CONTENT_RANGE.matcher(header.strip());
    if (offset == 0 || !range.matches() || Long.parseLong(range.group("first")) != offset) {
      String message =
          "%s answered 206 with Content-Range '%s'; expected the bytes from %s on."
              .formatted(at, header, offset);
      throw new FetchFailure(offset > 0 ? Next.START_OVER : Next.FATAL, message, null);
    }
  }

  /** Returns the length of the whole file, if the response gives it. */
  static OptionalLong total(Response response) {
    if (response.status() == 206) {
      Matcher range = CONTENT_RANGE.matcher(response.header("Content-Range").orElse("").strip());
      return range.matches() && !range.group("total").equals("*")
          ? OptionalLong.of(Long.parseLong(range.group("total")))
          : OptionalLong.empty();
    }
    return response.headers().firstValueAsLong("Content-Length");
  }

  /** Refuses a file of another length without reading it. */
  static void requirePublishedSize(OptionalLong total, PublishedFile published, Response response)
      throws FetchFailure {
    OptionalLong size = published.sizeBytes();
    if (total.isPresent() && size.isPresent() && total.getAsLong() != size.getAsLong()) {
      throw FetchFailure.fatal(
          "%s offers a file that is too %s: %s bytes; expected %s%s."
              .formatted(
                  Addresses.shown(response.from()),
                  total.getAsLong() < size.getAsLong() ? "short" : "long",
                  total.getAsLong(),
                  published.facts(),
                  pageNote(response)));
    }
  }

  /** Returns a value for {@code If-Range}: a strong entity tag, else the date of last change. */
  static Optional<String> validator(Response response) {
    return response
        .header("ETag")
        .filter(tag -> tag.startsWith("\""))
        .or(() -> response.header("Last-Modified"))
        .filter(value -> value.chars().noneMatch(c -> c < ' '));
  }

  /** Returns a note for error messages if the response is a web page instead of weights. */
  static String pageNote(Response response) {
    String type = response.header("Content-Type").orElse("").toLowerCase(Locale.ROOT);
    return type.startsWith("text/html")
        ? " (it is a web page: does the network require a sign-in, or is the address wrong?)"
        : "";
  }

  private static boolean isTemporary(int status) {
    return switch (status) {
      case 408, 425, 429 -> true;
      case 501, 505 -> false;
      default -> status >= 500;
    };
  }

  private static Duration askedPause(Response response) {
    // A date in its place is rare and needs synchronised clocks.
    return response
        .header("Retry-After")
        .filter(value -> SECONDS.matcher(value).matches())
        .map(value -> Duration.ofSeconds(Long.parseLong(value)))
        .orElse(Duration.ZERO);
  }

  private static String meaning(int status) {
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

  private static String advice(int status) {
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
}
