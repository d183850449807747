package io.graft.fetch;

import java.net.URI;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Follows the redirects of one request: those on the same host, and those over https to another
 * host, such as a publisher's delivery network. It refuses redirects from https to http, which
 * would lose the protection, and from http to another host, which are typical of sign-in pages.
 */
final class Redirects {

  private static final int MOST = 10;

  private final Set<URI> seen = new LinkedHashSet<>();

  Redirects(URI start) {
    seen.add(start);
  }

  /**
   * Returns the address that a redirect leads to.
   *
   * @param location the value of the header {@code Location}, null if it is missing
   */
  URI follow(URI from, int status, String location) throws FetchFailure {
    String message = Addresses.shown(from) + " answered with redirect " + status;
    if (location == null) {
      throw FetchFailure.fatal(message + " and no Location; expected the address to go to.");
    }
    URI to;
    try {
      to = from.resolve(location);
    } catch (IllegalArgumentException e) {
      throw new FetchFailure(
          FetchFailure.Next.FATAL,
          message + " to '" + location + "', which is not an address; expected one.",
          e);
    }
    if (!Addresses.isWeb(to)) {
      throw FetchFailure.fatal(message + " to " + to + "; expected an http or https address.");
    }
    message += " to " + Addresses.shown(to);
    if (Addresses.isHttps(from) && !Addresses.isHttps(to)) {
      throw FetchFailure.fatal(
          message + "; expected https, since a redirect from https to http is not followed.");
    }
    if (!Addresses.sameHost(from, to) && !Addresses.isHttps(from)) {
      throw FetchFailure.fatal(
          message
              + ", another host; expected the same host, because only a sign-in page or a moved mirror"
              + " redirects http to another host. If the other host is the right one,"
              + " name it as the mirror.",
          "weights-url");
    }
    if (!seen.add(to)) {
      throw FetchFailure.fatal(message + ", which was visited before: a redirect loop.");
    }
    if (seen.size() > MOST + 1) {
      throw FetchFailure.fatal(
          message + ", the redirect after " + MOST + " others; expected fewer.");
    }
    return to;
  }
}
