package io.graft.fetch;

import io.graft.fetch.FetchFailure.Next;
import io.graft.fetch.HttpSource.Answer;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the head of an answer says (RFC 9110), checked before its body is read. */
final class AnswerCheck {

  private static final Pattern CONTENT_RANGE =
      Pattern.compile("bytes\\s+(?<first>\\d{1,18})-\\d{1,18}/(?<total>\\d{1,18}|\\*)");

  private static final Pattern SECONDS = Pattern.compile("\\d{1,9}");

  private AnswerCheck() {}

  /**
   * Accepts 200 with the whole file and 206 with the rest that was asked for.
   *
   * @param at the address for a person
   */
  static void requireUsable(Answer answer, long offset, String at) throws FetchFailure {
    int status = answer.status();
    if (status == 200) {
      return;
    }
    if (status == 206) {
      requireRange(answer, offset, at);
      return;
    }
    String said = at + " answered " + status + meaning(status);
    String expected = "; expected 200 or 206.";
    if (status == 416) {
      if (offset > 0) {
        throw FetchFailure.startOver(
            said + " to a request for the bytes from " + offset + " on" + expected);
      }
      throw FetchFailure.giveUp(said + " to a request for the whole file" + expected);
    }
    if (isPassing(status)) {
      throw new FetchFailure(Next.TRY_AGAIN, said + expected, askedPause(answer), null);
    }
    throw FetchFailure.giveUp(said + expected + advice(status), "weights-url");
  }

  private static void requireRange(Answer answer, long offset, String at) throws FetchFailure {
    String header = answer.header("Content-Range").orElse("");
    Matcher range = CONTENT_RANGE.matcher(header.strip());
    if (offset == 0 || !range.matches() || Long.parseLong(range.group("first")) != offset) {
      String message =
          at
              + " answered 206 with Content-Range '"
              + header
              + "'; expected the bytes from "
              + offset
              + " on.";
      throw new FetchFailure(offset > 0 ? Next.START_OVER : Next.GIVE_UP, message, null);
    }
  }

  /** The length of the whole file as the answer gives it. */
  static OptionalLong total(Answer answer) {
    if (answer.status() == 206) {
      Matcher range = CONTENT_RANGE.matcher(answer.header("Content-Range").orElse("").strip());
      return range.matches() && !range.group("total").equals("*")
          ? OptionalLong.of(Long.parseLong(range.group("total")))
          : OptionalLong.empty();
    }
    return answer.headers().firstValueAsLong("Content-Length");
  }

  /** Refuses a file of another length without reading it. */
  static void requirePublishedSize(OptionalLong total, PublishedFile published, Answer answer)
      throws FetchFailure {
    OptionalLong size = published.sizeBytes();
    if (total.isEmpty() || size.isEmpty() || total.getAsLong() == size.getAsLong()) {
      return;
    }
    String compared = total.getAsLong() < size.getAsLong() ? "too short" : "too long";
    throw FetchFailure.giveUp(
        Addresses.shown(answer.from())
            + " offers a file that is "
            + compared
            + ": "
            + total.getAsLong()
            + " bytes; expected "
            + published.facts()
            + kind(answer)
            + ".");
  }

  /** What {@code If-Range} may hold: a strong entity tag, else the date of the last change. */
  static Optional<String> validator(Answer answer) {
    return answer
        .header("ETag")
        .filter(tag -> tag.startsWith("\""))
        .or(() -> answer.header("Last-Modified"))
        .filter(value -> value.chars().noneMatch(c -> c < ' '));
  }

  /** A remark where the answer is a page for people and no file of weights. */
  static String kind(Answer answer) {
    String type = answer.header("Content-Type").orElse("").toLowerCase(Locale.ROOT);
    return type.startsWith("text/html")
        ? " (it is a web page: is there a sign-in page between, or is the address wrong?)"
        : "";
  }

  private static boolean isPassing(int status) {
    return switch (status) {
      case 408, 425, 429 -> true;
      case 501, 505 -> false;
      default -> status >= 500;
    };
  }

  private static Duration askedPause(Answer answer) {
    // The form that is a date is rare and needs clocks that agree.
    return answer
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
      case 404, 410 -> " The file is not there. If it has moved, name the address of a mirror.";
      default -> "";
    };
  }
}
