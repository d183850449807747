package io.graft.fetch;

import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;

/**
 * The failure of one attempt to fetch a file. The message says what happened, what was received and
 * what was expected. {@link Download} adds what to do.
 */
final class FetchFailure extends Exception {

  private static final long serialVersionUID = 1L;
  private static final int DEEPEST_CAUSE = 10;

  /** What to do after the failure. */
  enum Next {
    /** Stop, because nothing that this process can do will help. */
    FATAL,
    /** Try again after a pause, from where this attempt stopped. */
    RETRY,
    /** Try again from the first byte. */
    START_OVER
  }

  private final Next next;
  private final Duration askedPause;
  private final String[] settings;

  FetchFailure(Next next, String message, Throwable cause) {
    this(next, message, Duration.ZERO, cause);
  }

  /**
   * Creates a failure.
   *
   * @param askedPause the shortest pause before another attempt that the server asks for
   * @param settings the names of settings that can help
   */
  FetchFailure(
      Next next, String message, Duration askedPause, Throwable cause, String... settings) {
    super(message, cause);
    this.next = next;
    this.askedPause = askedPause;
    this.settings = settings;
  }

  static FetchFailure fatal(String message, String... settings) {
    return new FetchFailure(Next.FATAL, message, Duration.ZERO, null, settings);
  }

  /**
   * Explains a failed connection.
   *
   * @param failure the failure that Java's client reported
   * @param address the address as shown to people
   * @param host the host of the address
   */
  static FetchFailure ofConnection(
      IOException failure, String address, String host, FetchSettings settings) {
    Next next = Next.RETRY;
    String message;
    Optional<String> cause =
        causes(failure).map(Throwable::getMessage).filter(Objects::nonNull).findFirst();
    String reason = cause.orElse(failure.getClass().getSimpleName());
    boolean cutOff =
        failure.getCause() instanceof IOException inner && !(inner instanceof SSLException);
    if (failure instanceof ResponseBody.SilentException) {
      message =
          "the connection to %s stalled: nothing arrived for %s; expected more of the file."
              .formatted(address, FetchSettings.shown(settings.idleTimeout()));
    } else if (failure instanceof HttpConnectTimeoutException) {
      message =
          "no connection to %s; expected one within %s. Is a proxy needed (https_proxy)?"
              .formatted(address, FetchSettings.shown(settings.connectTimeout()));
    } else if (isUnknownHost(failure)) {
      message =
          ("unknown host for %s: its name has no address. Is this machine on a network, and is a"
                  + " proxy needed (https_proxy)?")
              .formatted(address);
    } else if (failure instanceof ConnectException) {
      message =
          "no connection to %s%s; expected a server there."
              .formatted(address, cause.map(why -> ": " + why).orElse(""));
    } else if (failure instanceof SSLException && !cutOff) {
      next = Next.FATAL;
      message =
          ("TLS with %s failed: %s; expected a certificate for %s from an authority that this Java"
                  + " trusts. If a company's proxy signs for others, give Java its certificates:"
                  + " GRAFT_JAVA_OPTS=-Djavax.net.ssl.trustStore=FILE.")
              .formatted(address, reason, host);
    } else {
      message =
          "the connection to %s broke: %s; expected the rest of the file."
              .formatted(address, reason);
    }
    return new FetchFailure(next, message, failure);
  }

  /** Returns whether a connection failed because the host's name was not found. */
  static boolean isUnknownHost(Throwable failure) {
    return causes(failure)
        .anyMatch(
            cause ->
                cause instanceof UnresolvedAddressException
                    || cause instanceof UnknownHostException);
  }

  private static Stream<Throwable> causes(Throwable failure) {
    return Stream.iterate(failure, Objects::nonNull, Throwable::getCause).limit(DEEPEST_CAUSE);
  }

  Next next() {
    return next;
  }

  Duration askedPause() {
    return askedPause;
  }

  String[] settings() {
    return settings.clone();
  }
}
