package io.graft.fetch;

import io.graft.fetch.FetchFailure.Next;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;

/** Explains failed connections, from the exceptions of Java's HTTP client. */
final class ConnectionFailures {

  private static final int DEEPEST_CAUSE = 10;

  private ConnectionFailures() {}

  /**
   * Returns the failure to report.
   *
   * @param failure as Java's client threw it
   * @param address the address as shown to a person
   * @param host its host
   */
  static FetchFailure of(IOException failure, String address, String host, FetchSettings settings) {
    Next next = Next.RETRY;
    String message;
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
              .formatted(address, message(failure).map(why -> ": " + why).orElse(""));
    } else if (failure instanceof SSLException && !wasCutOff(failure)) {
      next = Next.FATAL;
      message =
          ("TLS with %s failed: %s; expected a certificate for %s from an authority that this Java"
                  + " trusts. If a company's proxy signs for others, give Java its certificates:"
                  + " GRAFT_JAVA_OPTS=-Djavax.net.ssl.trustStore=FILE.")
              .formatted(address, reason(failure), host);
    } else {
      message =
          "the connection to %s broke: %s; expected the rest of the file."
              .formatted(address, reason(failure));
    }
    return new FetchFailure(next, message, failure);
  }

  /** Returns whether the failure is that a host's name was not found. */
  static boolean isUnknownHost(Throwable failure) {
    return causes(failure)
        .anyMatch(
            cause ->
                cause instanceof UnresolvedAddressException
                    || cause instanceof UnknownHostException);
  }

  private static boolean wasCutOff(IOException failure) {
    return failure.getCause() instanceof IOException cause && !(cause instanceof SSLException);
  }

  private static String reason(Throwable failure) {
    return message(failure).orElse(failure.getClass().getSimpleName());
  }

  private static Optional<String> message(Throwable failure) {
    return causes(failure).map(Throwable::getMessage).filter(Objects::nonNull).findFirst();
  }

  private static Stream<Throwable> causes(Throwable failure) {
    return Stream.iterate(failure, Objects::nonNull, Throwable::getCause).limit(DEEPEST_CAUSE);
  }
}
