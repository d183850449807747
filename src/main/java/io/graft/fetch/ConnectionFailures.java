package io.graft.fetch;

import io.graft.fetch.FetchFailure.Next;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.util.Optional;
import javax.net.ssl.SSLException;

/** Says what went wrong with a connection, from what Java throws. */
final class ConnectionFailures {

  private static final int DEEPEST_CAUSE = 10;

  private ConnectionFailures() {}

  /**
   * The failure to report.
   *
   * @param failure as Java's client threw it
   * @param address the address for a person
   * @param host its host
   */
  static FetchFailure of(IOException failure, String address, String host, FetchSettings settings) {
    if (failure instanceof ResponseBody.SilentException) {
      return new FetchFailure(
          Next.TRY_AGAIN,
          "the connection to "
              + address
              + " stalled: nothing arrived for "
              + HttpSource.shown(settings.idleTimeout())
              + "; expected more of the file.",
          failure);
    }
    if (failure instanceof HttpConnectTimeoutException) {
      return new FetchFailure(
          Next.TRY_AGAIN,
          "no connection to "
              + address
              + "; expected one within "
              + HttpSource.shown(settings.connectTimeout())
              + ". Is a proxy needed (https_proxy)?",
          failure);
    }
    if (isUnknownHost(failure)) {
      return new FetchFailure(
          Next.TRY_AGAIN,
          "unknown host for "
              + address
              + ": no address was found for its name. Is this machine on a network, and is a proxy"
              + " needed (https_proxy)?",
          failure);
    }
    if (failure instanceof ConnectException) {
      return new FetchFailure(
          Next.TRY_AGAIN,
          "no connection to "
              + address
              + message(failure).map(why -> ": " + why).orElse("")
              + "; expected a server there.",
          failure);
    }
    if (failure instanceof SSLException && !wasCutOff(failure)) {
      return new FetchFailure(
          Next.GIVE_UP,
          "TLS with "
              + address
              + " failed: "
              + reason(failure)
              + "; expected a certificate for "
              + host
              + " from an authority that this Java trusts. Where a company's proxy signs for others,"
              + " give Java its certificates:"
              + " GRAFT_JAVA_OPTS=-Djavax.net.ssl.trustStore=FILE.",
          failure);
    }
    return new FetchFailure(
        Next.TRY_AGAIN,
        "the connection to "
            + address
            + " broke: "
            + reason(failure)
            + "; expected the rest of the file.",
        failure);
  }

  /** Whether the failure is that a host's name was not found. */
  static boolean isUnknownHost(Throwable failure) {
    return has(failure, UnresolvedAddressException.class)
        || has(failure, UnknownHostException.class);
  }

  private static boolean wasCutOff(IOException failure) {
    return failure.getCause() instanceof IOException cause && !(cause instanceof SSLException);
  }

  private static boolean has(Throwable failure, Class<? extends Throwable> kind) {
    Throwable cause = failure;
    for (int depth = 0; cause != null && depth < DEEPEST_CAUSE; depth++) {
      if (kind.isInstance(cause)) {
        return true;
      }
      cause = cause.getCause();
    }
    return false;
  }

  private static String reason(Throwable failure) {
    return message(failure).orElse(failure.getClass().getSimpleName());
  }

  private static Optional<String> message(Throwable failure) {
    Throwable cause = failure;
    for (int depth = 0; depth < DEEPEST_CAUSE; depth++) {
      if (cause.getMessage() != null) {
        return Optional.of(cause.getMessage());
      }
      if (cause.getCause() == null) {
        break;
      }
      cause = cause.getCause();
    }
    return Optional.empty();
  }
}
