package io.graft.fetch;

import java.net.URI;
import java.util.Locale;
import java.util.regex.Pattern;

/** Compares, checks and shows web addresses. */
final class Addresses {

  private Addresses() {}

  /** Returns whether an address is http or https and names a host. */
  static boolean isWeb(URI address) {
    return address.getHost() != null && (isHttps(address) || "http".equals(scheme(address)));
  }

  static boolean isHttps(URI address) {
    return "https".equals(scheme(address));
  }

  static boolean sameHost(URI one, URI other) {
    return one.getHost().equalsIgnoreCase(other.getHost());
  }

  /** Returns whether a password for one address may be sent to another. */
  static boolean sameOrigin(URI one, URI other) {
    return scheme(one).equals(scheme(other)) && sameHost(one, other) && port(one) == port(other);
  }

  static int port(URI address) {
    if (address.getPort() >= 0) {
      return address.getPort();
    }
    return isHttps(address) ? 443 : 80;
  }

  static String scheme(URI address) {
    return address.getScheme() == null ? "" : address.getScheme().toLowerCase(Locale.ROOT);
  }

  /** Returns the address without {@code user:password@}. */
  static URI withoutUser(URI address) {
    if (address.getRawUserInfo() == null) {
      return address;
    }
    String user = Pattern.quote(address.getRawUserInfo() + "@");
    return URI.create(address.toString().replaceFirst(user, ""));
  }

  /**
   * Returns an address for people to read, without user, password and query. The query of a signed
   * address is a secret.
   */
  static String shown(URI address) {
    String text = withoutUser(address).toString();
    int query = text.indexOf('?');
    return query < 0 ? text : text.substring(0, query) + "?...";
  }
}
