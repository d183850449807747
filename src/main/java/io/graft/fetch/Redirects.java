package io.graft.fetch;

import java.net.URI;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The redirects of one request. Followed are those on the same host, and those from https to
 * another host over https, as publishers use for their delivery networks. Refused are those from
 * https to http, which would give the connection's protection away, and those from http to another
 * host, which is what a network's sign-in page does.
 */
final class Redirects {

  private static final int MOST = 10;

  private final Set<URI> seen = new LinkedHashSet<>();

  Redirects(URI start) {
    seen.add(start);
  }

  /**
   * Where a redirect leads.
   *
   * @param location the value of the header {@code Location}, null where there was none
   */
  URI follow(URI from, int status, String location) throws FetchFailure {
    String said = Addresses.shown(from) + " answered with redirect " + status;
    if (location == null) {
      throw FetchFailure.giveUp(said + " and no Location; expected the address to go to.");
    }
    URI to;
    try {
      to = from.resolve(location);
    } catch (IllegalArgumentException e) {
      throw new FetchFailure(
          FetchFailure.Next.GIVE_UP,
          said + " to '" + location + "', which is not an address; expected one.",
          e);
    }
    if (!Addresses.isWeb(to)) {
      throw FetchFailure.giveUp(said + " to " + to + "; expected an http or https address.");
    }
    said += " to " + Addresses.shown(to);
    if (Addresses.isHttps(from) && !Addresses.isHttps(to)) {
      throw FetchFailure.giveUp(
          said + "; expected https, since a redirect from https to http is not followed.");
    }
    if (!Addresses.sameHost(from, to) && !Addresses.isHttps(from)) {
      throw FetchFailure.giveUp(
          said
              + ", another host; expected the same host, since http is redirected to another only by"
              + " a sign-in page or by a mirror that has moved. If the other host is the right one,"
              + " name it as the mirror.",
          "weights-url");
    }
    if (!seen.add(to)) {
      throw FetchFailure.giveUp(said + ", where it had been before: a redirect loop.");
    }
    if (seen.size() > MOST + 1) {
      throw FetchFailure.giveUp(said + ", the redirect after " + MOST + " others; expected fewer.");
    }
    return to;
  }
}
